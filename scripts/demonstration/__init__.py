"""A small history of our own making, in the shape of a legacy export, so that there is something to see at once.

`generate` makes the CSV files in kymenlaakso/, which are committed beside it; `history` imports them. The
other registers tell a year through the public commands: `registers` fills them, `telling` is what their stories are
made of, and each register has a module of its own. Nobody in any of it exists: identity codes use the individual
numbers 900-999, which no real person has, and nobody has a name.
"""
