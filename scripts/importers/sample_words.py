"""The words that the generated catalogue is made of. Every name and title is invented."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_NAMES = (
    "Adela", "Bruno", "Celeste", "Dario", "Elif", "Fabian", "Greta", "Hamid", "Ines", "Jonas",
    "Katya", "Leandro", "Mira", "Nuno", "Odile", "Pavel", "Quirin", "Rosa", "Silvan", "Tamsin",
    "Ulla", "Viktor", "Wanda", "Xenia", "Yusuf", "Zora", "Anselm", "Bettina", "Cosmo", "Delphine",
)  # fmt: skip
LAST_NAMES = (
    "Abelard", "Brandvold", "Castellane", "Dravec", "Eskola", "Farrowby", "Gallimore", "Hartwin",
    "Ilvesson", "Jarnagin", "Kestrow", "Lindqvane", "Marchetto", "Norrgate", "Okonell", "Pellworth",
    "Quintero-Vale", "Rademaker", "Solberry", "Tavernier-Holt", "Umbridgeon", "Valcourt", "Wexmoor",
    "Yardlow", "Zamorski", "Ashgrove", "Belloq", "Corrigane", "Dunmarrow", "Elverston",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Genre:
    """One genre: what its titles are called and are about, and whom they are for (ages)."""

    name: str
    adjectives: tuple[str, ...]
    nouns: tuple[str, ...]
    heroes: tuple[str, ...]
    troubles: tuple[str, ...]
    turns: tuple[str, ...]
    maturities: tuple[int, ...]


GENRES: tuple[Genre, ...] = (
    Genre(
        name="Crime",
        adjectives=("Crooked", "Silent", "Marked", "Unpaid", "Second", "Cold"),
        nouns=("Ledger", "Harbour", "Alibi", "Precinct", "Informant", "Debt", "Verdict"),
        heroes=("A worn-out detective", "A safecracker on parole", "A court stenographer"),
        troubles=(
            "finds a ledger that names half the police force",
            "is blackmailed into one last robbery",
            "witnesses a murder that was never reported",
        ),
        turns=(
            "Every alibi leads back to the same harbour warehouse.",
            "The syndicate has already bought the judge.",
            "Only the getaway driver knows who fired.",
        ),
        maturities=(13, 17, 17, 18),
    ),
    Genre(
        name="Sci-Fi",
        adjectives=("Orbital", "Last", "Hollow", "Borrowed", "Parallel", "Glass"),
        nouns=("Signal", "Colony", "Horizon", "Airlock", "Equation", "Drift", "Android"),
        heroes=("A salvage pilot", "The last botanist of a colony ship", "A retired android"),
        troubles=(
            "receives a signal from a ship that was lost a century ago",
            "discovers that the planet below remembers",
            "has eleven hours of oxygen and one broken engine",
        ),
        turns=(
            "The crew's memories do not agree.",
            "Whoever answers it changes the past.",
            "The colony was an experiment from the first day.",
        ),
        maturities=(8, 13, 13, 17),
    ),
    Genre(
        name="Romance",
        adjectives=("Borrowed", "Autumn", "Unsent", "Second", "Gentle", "Paper"),
        nouns=("Letters", "Waltz", "Orchard", "Promise", "Station", "Bouquet", "Summer"),
        heroes=("A wedding florist", "Two rival pastry chefs", "A lighthouse keeper's daughter"),
        troubles=(
            "falls for the stranger who answers her unsent letters",
            "must share one kitchen for one summer",
            "meets an old love on the wrong platform",
        ),
        turns=(
            "Neither is ready to say it first.",
            "The wedding is on Saturday.",
            "A promise made at seventeen comes due.",
        ),
        maturities=(8, 13, 13),
    ),
    Genre(
        name="Documentary",
        adjectives=("Vanishing", "Living", "Hidden", "Salt", "Deep", "Northern"),
        nouns=("Rivers", "Archive", "Glacier", "Bees", "Craft", "Reef", "Railway"),
        heroes=("A team of glaciologists", "Three generations of beekeepers", "A town archivist"),
        troubles=(
            "records a glacier's final decade",
            "restores the recordings of a forgotten radio station",
            "follows one river from spring to sea",
        ),
        turns=(
            "What they measure surprises even them.",
            "Filmed over six years, with access never given before.",
            "An account of patience, and of what is lost.",
        ),
        maturities=(0, 0, 8),
    ),
    Genre(
        name="Horror",
        adjectives=("Whispering", "Black", "Buried", "Thirteenth", "Hungry", "Pale"),
        nouns=("Cellar", "Choir", "Marsh", "Nursery", "Doll", "Chapel", "Harvest"),
        heroes=("A night nurse", "Five friends on a camping trip", "A young exorcist"),
        troubles=(
            "hears singing from a ward that was closed years ago",
            "wakes something that sleeps beneath the marsh",
            "inherits a house with one room too many",
        ),
        turns=(
            "It only moves when nobody counts.",
            "By morning one of them was never there.",
            "The cellar door is locked from the inside.",
        ),
        maturities=(17, 17, 18),
    ),
    Genre(
        name="Comedy",
        adjectives=("Accidental", "Reluctant", "Perfectly", "Part-Time", "Honest", "Royal"),
        nouns=("Plumber", "Mayor", "Mess", "Impostor", "Reunion", "Neighbours", "Butler"),
        heroes=("An unemployed actor", "The world's worst tour guide", "A village council"),
        troubles=(
            "is mistaken for a visiting ambassador",
            "enters a talent show by mistake",
            "declares independence over a parking fine",
        ),
        turns=(
            "Nobody dares to point it out.",
            "The goat was not part of the plan.",
            "Then the real one arrives.",
        ),
        maturities=(0, 8, 13),
    ),
    Genre(
        name="Children",
        adjectives=("Little", "Brave", "Upside-Down", "Singing", "Moonlit", "Tiny"),
        nouns=("Dragon", "Lighthouse", "Bakery", "Submarine", "Hedgehog", "Kite", "Circus"),
        heroes=("A shy young dragon", "Twins with a paper submarine", "A hedgehog postman"),
        troubles=(
            "sets out to return a lost star",
            "must deliver a letter to the moon before bedtime",
            "learns that being small has its uses",
        ),
        turns=(
            "Friends turn up in the oddest places.",
            "And the whole village sings along.",
            "Home is nearer than it looks.",
        ),
        maturities=(0, 0, 0, 8),
    ),
    Genre(
        name="Adventure",
        adjectives=("Lost", "Emerald", "Uncharted", "Seven", "Broken", "Desert"),
        nouns=("Compass", "Caravan", "Expedition", "Islands", "Map", "Summit", "Voyage"),
        heroes=("A disgraced cartographer", "A caravan guide", "A stubborn mountaineer"),
        troubles=(
            "follows half a map into an uncharted jungle",
            "races a rival expedition to a buried city",
            "leads strangers across a desert that moves",
        ),
        turns=(
            "The compass points at whoever lies.",
            "Not all of the party want to arrive.",
            "The treasure turns out to be a debt.",
        ),
        maturities=(0, 8, 13),
    ),
    Genre(
        name="Drama",
        adjectives=("Quiet", "Unfinished", "Ordinary", "Winter", "Distant", "Borrowed"),
        nouns=("House", "Inheritance", "Rehearsal", "Witness", "Season", "Daughter", "Strike"),
        heroes=("A concert pianist", "A factory foreman", "A widowed schoolteacher"),
        troubles=(
            "returns to the town that she swore to forget",
            "has to choose between the strike and his son",
            "learns the truth about her father's last year",
        ),
        turns=(
            "What is left unsaid fills the house.",
            "Forgiveness comes slowly, or not at all.",
            "One winter changes four lives.",
        ),
        maturities=(8, 13, 17),
    ),
    Genre(
        name="Thriller",
        adjectives=("Zero", "Double", "Midnight", "Blind", "Final", "False"),
        nouns=("Protocol", "Courier", "Passenger", "Countdown", "Asset", "Border", "Frequency"),
        heroes=("A disavowed courier", "An air-traffic controller", "A forensic accountant"),
        troubles=(
            "has one night to clear a name that is not hers",
            "realises that the passenger list is a lie",
            "carries a code that two agencies would kill for",
        ),
        turns=(
            "Someone in the room is feeding them.",
            "The countdown began an hour ago.",
            "There is no one left to call.",
        ),
        maturities=(13, 17),
    ),
    Genre(
        name="Western",
        adjectives=("Dust", "Lonesome", "Iron", "Copper", "High", "Broken"),
        nouns=("Creek", "Marshal", "Homestead", "Stagecoach", "Canyon", "Spur", "Railhead"),
        heroes=("A marshal without a town", "A widow with a rifle", "A deaf horse trader"),
        troubles=(
            "stands between a railway and a valley",
            "rides after the men who burned the homestead",
            "takes a job that the last three did not finish",
        ),
        turns=(
            "Noon comes early in the canyon.",
            "The law is two days' ride away.",
            "He has met the hired gun before.",
        ),
        maturities=(13, 17),
    ),
    Genre(
        name="Fantasy",
        adjectives=("Thorn", "Silver", "Forgotten", "Storm", "Hollow", "Ember"),
        nouns=("Crown", "Witch", "Kingdom", "Oath", "Forest", "Sword", "Familiar"),
        heroes=("A hedge witch", "An exiled prince", "A thief who cannot be remembered"),
        troubles=(
            "steals a crown that steals back",
            "owes an oath to a forest that walks",
            "must wake a king who was better asleep",
        ),
        turns=(
            "Magic keeps exact accounts.",
            "The dragon remembers her name.",
            "Three bells, and the bridge is gone.",
        ),
        maturities=(8, 13, 13),
    ),
)
