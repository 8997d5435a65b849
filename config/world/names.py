"""The names of the world: the vendor's well-known fictional companies, and people who work there."""

from partners.models import Kind, Role
from subscriptions.vocabulary import Channel

# key: name, kind, partner id, country, parent
PARTNERS = {
    "northwind": ("Northwind Distribuzione", Kind.INDIRECT_PROVIDER, "4710001", "IT", ""),
    "tailspin": ("Tailspin Cloud", Kind.INDIRECT_PROVIDER, "4710002", "IT", ""),
    "fabrikam": ("Fabrikam Rivendita", Kind.INDIRECT_RESELLER, "4720001", "IT", ""),
    "adventure": ("Adventure Works Servizi", Kind.INDIRECT_RESELLER, "4720002", "IT", "fabrikam"),
    "adventuresud": ("Adventure Works Sud", Kind.INDIRECT_RESELLER, "4720006", "IT", "adventure"),
    "wingtip": ("Wingtip Informatica", Kind.INDIRECT_RESELLER, "4720003", "IT", ""),
    "proseware": ("Proseware Sistemi", Kind.INDIRECT_RESELLER, "4720004", "DE", ""),
    "vanarsdel": ("VanArsdel Soluzioni", Kind.INDIRECT_RESELLER, "4720005", "IT", ""),
    "lakeshore": ("Lakeshore Distribuzione", Kind.INDIRECT_PROVIDER, "4710003", "IT", ""),
    "tasmanian": ("Tasmanian Traders Cloud", Kind.DIRECT_BILL, "4710004", "IT", ""),
}
TODAYS = frozenset({"lakeshore", "tasmanian"})  # who works under today's edition of the rulebook

# e-mail: name, company ("" is staff), role; the first of a company acts for it
PEOPLE = {
    "anna.ricci@northwind.example": ("Anna Ricci", "northwind", Role.ACCOUNT_ADMIN),
    "bruno.sala@northwind.example": ("Bruno Sala", "northwind", Role.ADMIN_AGENT),
    "carla.villa@northwind.example": ("Carla Villa", "northwind", Role.SALES_AGENT),
    "dino.fontana@northwind.example": ("Dino Fontana", "northwind", Role.HELPDESK_AGENT),
    "emma.costa@northwind.example": ("Emma Costa", "northwind", Role.VIEWER),
    "tina.moretti@tailspin.example": ("Tina Moretti", "tailspin", Role.ACCOUNT_ADMIN),
    "luca.neri@fabrikam.example": ("Luca Neri", "fabrikam", Role.ACCOUNT_ADMIN),
    "marta.riva@fabrikam.example": ("Marta Riva", "fabrikam", Role.SALES_AGENT),
    "aldo.serra@adventure.example": ("Aldo Serra", "adventure", Role.ACCOUNT_ADMIN),
    "wanda.bruno@wingtip.example": ("Wanda Bruno", "wingtip", Role.ACCOUNT_ADMIN),
    "petra.wolf@proseware.example": ("Petra Wolf", "proseware", Role.ACCOUNT_ADMIN),
    "vito.leone@vanarsdel.example": ("Vito Leone", "vanarsdel", Role.ACCOUNT_ADMIN),
    "lia.moro@lakeshore.example": ("Lia Moro", "lakeshore", Role.ACCOUNT_ADMIN),
    "tito.sanna@tasmanian.example": ("Tito Sanna", "tasmanian", Role.ACCOUNT_ADMIN),
    "staff@multicanale.example": ("Silvia Direzione", "", ""),
}


def _named(provider: str, country: str, names: str) -> dict[str, tuple[str, str, str]]:
    return {
        key: (name, provider, country)
        for key, _colon, name in (line.strip().partition(": ") for line in names.strip().splitlines())
    }


# key: name, provider, country
CUSTOMERS = {
    **_named(
        "northwind",
        "IT",
        """
        contoso: Contoso S.p.A.
        litware: Litware S.r.l.
        adatum: Adatum S.r.l.
        fourthcoffee: Fourth Coffee Torrefazione
        lucerne: Lucerne Editoria
        margies: Margie's Viaggi
        treyresearch: Trey Research
        woodgrove: Woodgrove Assicurazioni
        consolidated: Consolidated Messenger Italia
        relecloud: Relecloud S.r.l.
        humongous: Humongous Insurance
        blueyonder: Blue Yonder Linee Aeree
        citypower: City Power & Light
        cohovineyard: Coho Vigneti
        wideworld: Wide World Importatori
        alpineski: Alpine Ski House
        lamna: Lamna Sanità
        nodpublishers: Nod Edizioni
        bellows: Bellows College
        munsons: Munson's Salumi
        vanarts: Van Arts Galleria
        cohowinery: Coho Cantine
        graphicdesign: Istituto di Grafica
        northwindair: Nordvento Climatizzazione
        firstup: First Up Consulenti
        fincham: Fincham Impianti
        bestforyou: Best For You Alimentari Biologici
        olivegrove: Oliveto Toscano
        parnell: Parnell Aerospace
        spherion: Sfera Meccanica
        threetrees: Tre Alberi Legnami
        terrafirm: Terra Ferma Costruzioni
        vigilanza: Vigilanza Notturna Padana
        zafferano: Zafferano Ristorazione
        officine: Officine Galvani
        cartiera: Cartiera del Garda Nuova
        tessile: Tessile Brianza
        portuale: Servizi Portuali Liguri
        caseificio: Caseificio Val Trebbia
        ottica: Ottica Meridionale
        marmi: Marmi Apuani
        vetreria: Vetreria Muranese
        idraulica: Idraulica Adriatica
        logistica: Logistica Emiliana
        farmacia: Farmacie Riunite Umbre
        studiolegale: Studio Legale Associato Ferri
        comunita: Comunità Montana Alto Lario
        ceramiche: Ceramiche Faentine
        sartoria: Sartoria Napoletana Storica
        orafi: Orafi Aretini
        """,
    ),
    **_named(
        "tailspin",
        "IT",
        """
        tailspintoys: Giocattoli Girandola
        wingtiptoys: Balocchi & C.
        humana: Umana Servizi Sociali
        fabrikamres: Residenze Aurora
        nautica: Nautica Tirrenica
        vini: Vini del Collio
        miniere: Miniere Sulcis Servizi
        teatro: Teatro Stabile Etrusco
        scuola: Scuola Internazionale Adriatica
        aerospazio: Aerospazio Piemonte
        """,
    ),
}

# Products a lifelike customer runs, by their names in the catalogue.
FAMILIES_SOLD = (
    "Office 365 E3",
    "Office 365 E1",
    "Office 365 E5",
    "Microsoft 365 Business Basic",
    "Microsoft 365 Business Standard",
    "Microsoft 365 Business Premium",
    "Microsoft 365 E3",
    "Microsoft 365 E5",
    "Exchange Online (Plan 1)",
    "Enterprise Mobility + Security E3",
    "Enterprise Mobility + Security E5",
    "Power BI Pro",
)

# Who sold what was bought elsewhere.
SELLERS = {
    Channel.CSP_OTHER: "Tailspin Cloud",
    Channel.DIRECT: "Microsoft",
    Channel.ADVISOR: "The Phone Company",
    Channel.OPEN: "Southridge Software",
    Channel.EA: "Microsoft",
    Channel.THIRD_PARTY: "School of Fine Hosting",
    Channel.SYNDICATION: "The Phone Company",
}

# Customers something particular happens to; the others have an ordinary year.
SPECIAL = frozenset(list(CUSTOMERS)[:21])  # those listed first

FIRST = ("Giulia", "Paolo", "Sara", "Davide", "Elena", "Matteo", "Chiara", "Andrea", "Laura", "Stefano")
LAST = ("Rossi", "Ferrari", "Esposito", "Romano", "Gallo", "Conti", "Greco", "Marino", "Rizzo", "Barbieri")
