"""Who gets which answer from which address, by hand, from the requirement's table of roles and scopes.

Columns: `nobody` has no account and holds forged addresses; `customer` holds genuine ones. `viewer` to
`admin` work for Northwind. `holder` and `reader` are the account admin and a viewer of Fabrikam, which
holds provisioning for Contoso; `offered` is the account admin of Adventure, to which support is offered;
`untied` that of Litware, which Northwind has only proposed a partnership. `tailspin` is another provider's
account admin; `staff` may enter the admin and do nothing there yet; `superuser` may do everything there.

Cells: `in` is the way to the sign-in page, `302` any other redirect. A form posted empty answers 200 to
whoever may fill it in. A method without a row answers 405, `in` to whom the address is closed.
"""

from dataclasses import dataclass

ACTORS = (
    "nobody",
    "customer",
    "viewer",
    "helpdesk",
    "seller",
    "agent",
    "admin",
    "holder",
    "reader",
    "offered",
    "untied",
    "tailspin",
    "staff",
    "superuser",
)

# Open without signing in: the door itself, health, the language, what customers open, development's mails.
PUBLIC = {
    "healthz",
    "set_language",
    "account_login",
    "account_logout",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "admin:login",
    "customers:landing",
    "customers:landing-decline",
    "customers:landing-code",
    "customers:landing-new-code",
    "customers:my",
    "customers:my-ask",
    "customers:my-withdraw",
    "customers:my-withdraw-code",
    "customers:my-refuse",
    "customers:my-lift",
    "dev-mails",
    "dev-mail",
    "dev-mail-html",
}

TABLE = """
#                                                               nobody cust | viewer helpd seller agent admin | holder reader offer untied | tail | staff super
GET  healthz                                                     200  200  |  200  200  200  200  200  |  200  200  200  200  |  200  |  200  200
POST set_language                                                302  302  |  302  302  302  302  302  |  302  302  302  302  |  302  |  302  302
GET  dev-mails                                                   404  404  |  404  404  404  404  404  |  404  404  404  404  |  404  |  404  404
GET  dev-mail name=mail                                          404  404  |  404  404  404  404  404  |  404  404  404  404  |  404  |  404  404
GET  dev-mail-html name=mail                                     404  404  |  404  404  404  404  404  |  404  404  404  404  |  404  |  404  404

#    one's own
GET  partners:companies                                          in   in   |  200  200  200  200  200  |  200  200  200  200  |  200  |  200  200
POST partners:act-for                                            in   in   |  404  404  404  404  404  |  404  404  404  404  |  404  |  404  404
GET  partners:profile                                            in   in   |  200  200  200  200  200  |  200  200  200  200  |  200  |  200  200
POST partners:profile                                            in   in   |  200  200  200  200  200  |  200  200  200  200  |  200  |  200  200
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    method: str
    name: str
    arguments: tuple[tuple[str, str], ...]
    cells: tuple[str, ...]

    def expected(self, actor: str) -> str:
        """Return the answer somebody gets."""
        return self.cells[ACTORS.index(actor)]

    def __str__(self) -> str:
        return " ".join([self.method, self.name, *(f"{key}={value}" for key, value in self.arguments)])


def rows() -> list[Row]:
    """Return the table's lines; refuses one without a cell for everybody."""
    found = []
    for line in TABLE.splitlines():
        if line.strip() and not line.startswith("#"):
            words = line.replace("|", " ").split()
            (method, name, *arguments), cells = words[: -len(ACTORS)], words[-len(ACTORS) :]
            pairs = tuple((key, value) for key, _, value in (one.partition("=") for one in arguments))
            found.append(Row(method, name, pairs, tuple(cells)))
    return found


ROWS = rows()
