"""The whole schema: every slice's tables, and the migrations that make them."""

from mdtapp.audit import models as audit
from mdtapp.cases import models as cases
from mdtapp.delivery import models as delivery
from mdtapp.imaging import models as imaging
from mdtapp.materials import models as materials
from mdtapp.meetings import models as meetings
from mdtapp.opinions import models as opinions
from mdtapp.opinions.desk import models as desk
from mdtapp.opinions.inputs import models as inputs
from mdtapp.opinions.key_images import models as key_images
from mdtapp.pacs import models as pacs
from mdtapp.people import models as people

__all__ = [
    "audit",
    "cases",
    "delivery",
    "desk",
    "imaging",
    "inputs",
    "key_images",
    "materials",
    "meetings",
    "opinions",
    "pacs",
    "people",
]
