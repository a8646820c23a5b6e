"""The faulty rows of the demonstration history, as exports have them: each fault of a real one at least once."""

from __future__ import annotations

import datetime as dt
from random import Random

from scripts.demonstration.people import identity_code, spoilt
from scripts.legacy.files import CLIENTS, CONTACTS, MEETINGS


def add_to(rows: dict[str, list[list[str]]], draw: Random) -> None:
    """Put them among the others, at places that the draw chooses."""
    meetings, clients = rows[MEETINGS], rows[CLIENTS]
    sound = draw.sample(meetings, 7)
    faults = [
        list(sound[0]),  # exported twice
        ["T79001", "J79999", *sound[1][2:]],  # of an episode that the export does not have
        ["T79002", *sound[2][1:3], "15:00", "14:15", *sound[2][5:]],  # ended before it began
        ["T79003", sound[3][1], "31.02.2023", *sound[3][3:]],  # a day that the calendar lacks
        ["T79004", sound[4][1], "14.03.2049", *sound[4][3:9], "14.03.2049", *sound[4][10:]],  # in the future
        ["T79005", *sound[5][1:5], "SAVUMERKKI", *sound[5][6:]],  # an unknown code
        ["T79006", *sound[6][1:7]],  # too few fields
    ]
    for row in faults:
        meetings.insert(draw.randint(1, len(meetings)), row)
    _add_clients(clients, rows[CONTACTS], draw)


def _add_clients(clients: list[list[str]], contacts: list[list[str]], draw: Random) -> None:
    like = clients[0]
    born_on = dt.date(2018, 5, 4)
    clients.append(["A79001", spoilt(identity_code(born_on, draw)), "04.05.2018", *like[3:]])
    clients.append(["A79002", "", "", *like[3:]])
    contacts.append(["Y79001", "A79001", *contacts[0][2:]])  # hangs on a client who is refused
