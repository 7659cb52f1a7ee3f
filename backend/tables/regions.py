"""County, township, village: the tree that every scope is cut from."""

from piccolo.columns import BigInt, Date, Varchar
from piccolo.table import Table


class Region(Table):
    """`key` = the significant digits of the 12-digit `code`; containment is prefix."""

    key = Varchar(length=12, primary_key=True)
    code = Varchar(length=12)
    name = Varchar(length=120)
    level = Varchar(length=10)
    parent = Varchar(length=12, null=True, default=None)
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)
    successor = Varchar(length=12, null=True, default=None)
    # Of a township: what its villages call.
    office_phone = Varchar(length=20, default="")
    # Counts the writes that touched this village; holding its row lock orders them by commit.
    change_no = BigInt(default=0)
