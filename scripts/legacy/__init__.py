"""The import of a legacy client system's export: early-support family work, seven CSV files.

Files are read (`files`), each row is parsed on its own (`rows`), rows are checked against each other (`checking`),
told as commands (`steps`, `amending`) and executed as history (`importing`). Every row of every file ends in the
`report`: recorded, recorded earlier, or refused with its fault.
"""
