package provenance

// SourceType is the IPTC's term for media that a trained model made.
const SourceType = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

// xmp says so in a file, as the IPTC Photo Metadata Standard 2023.2 writes the
// digital source type. The PNG specification keeps XMP in an iTXt chunk of the
// keyword XML:com.adobe.xmp.
const xmp = `<?xpacket begin="` + "\uFEFF" + `" id="W5M0MpCehiHzreSzNTczkc9d"?>` +
	`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
	`<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
	`<Iptc4xmpExt:DigitalSourceType>` + SourceType + `</Iptc4xmpExt:DigitalSourceType>` +
	`<dc:description><rdf:Alt><rdf:li xml:lang="x-default">` + Warning + `</rdf:li></rdf:Alt></dc:description>` +
	`</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`
