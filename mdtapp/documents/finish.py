"""The last pass over a rendered PDF: it also says that it keeps to PDF/UA-1, and gets small.

WeasyPrint renders one variant a call (PDF/A-3a here), so the PDF/UA identifier and the schema PDF/A asks
for it are added to the metadata. Nothing here takes the time or a random number: same bytes in, same out.
"""

from __future__ import annotations

import io

import pikepdf

_UA_IDENTIFIER = b"""<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about="" \
xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about="" \
xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>\
<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>part of ISO 14289 the file keeps to</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""
_END_OF_METADATA = b"</rdf:RDF>"


def finished(pdf: bytes) -> bytes:
    """The same document with the PDF/UA-1 identifier in its metadata and packed objects."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        stream = document.Root.Metadata
        before, end, after = stream.read_bytes().rpartition(_END_OF_METADATA)
        stream.write(before + _UA_IDENTIFIER + end + after)
        document.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return target.getvalue()
