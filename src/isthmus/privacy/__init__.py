"""Privacy: the only door from people to numbers. What passes has pseudonyms instead of names."""

from isthmus.privacy.identities import Identities
from isthmus.privacy.links import Links, LinksAdded
from isthmus.privacy.pseudonyms import Pseudonyms, create_key, load_key

__all__ = ["Identities", "Links", "LinksAdded", "Pseudonyms", "create_key", "load_key"]
