package videosampler

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/png"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

const jpegQuality = 85

// encode makes a file of a picture.
func encode(p *i420.Picture, kind ImageEncoding) ([]byte, error) {
	var file bytes.Buffer
	switch kind {
	case "PNG":
		fast := png.Encoder{CompressionLevel: png.BestSpeed}
		err := fast.Encode(&file, p.Image())
		return file.Bytes(), err
	case "JPEG":
		err := p.EncodeJPEG(&file, jpegQuality)
		return file.Bytes(), err
	case "BMP":
		return bmp(p), nil
	case "PBM":
		return pbm(p), nil
	case "PPM":
		return ppm(p), nil
	}
	return nil, fmt.Errorf("imageEncoding %q is not known", kind)
}

// bmp writes a Windows bitmap of 24 bits: BITMAPFILEHEADER, BITMAPINFOHEADER, and blue, green, red from the lowest row up, each row
// filled up to four bytes.
func bmp(p *i420.Picture) []byte {
	const headers = 14 + 40
	row := (3*p.Width + 3) &^ 3
	out := make([]byte, 0, headers+row*p.Height)
	le := binary.LittleEndian
	out = append(out, 'B', 'M')
	out = le.AppendUint32(out, uint32(headers+row*p.Height))
	out = le.AppendUint32(out, 0)
	out = le.AppendUint32(out, headers)
	out = le.AppendUint32(out, 40)
	out = le.AppendUint32(out, uint32(p.Width))
	out = le.AppendUint32(out, uint32(p.Height))
	out = le.AppendUint16(out, 1)  // planes
	out = le.AppendUint16(out, 24) // bits
	out = append(out, make([]byte, headers-len(out))...)
	img := p.Image()
	for y := p.Height - 1; y >= 0; y-- {
		for x := range p.Width {
			c := img.Pix[y*img.Stride+4*x:]
			out = append(out, c[2], c[1], c[0])
		}
		out = append(out, make([]byte, row-3*p.Width)...)
	}
	return out
}

// ppm writes a portable pixmap (netpbm, P6): red, green, blue.
func ppm(p *i420.Picture) []byte {
	out := fmt.Appendf(nil, "P6\n%d %d\n255\n", p.Width, p.Height)
	img := p.Image()
	for i := 0; i < len(img.Pix); i += 4 {
		out = append(out, img.Pix[i], img.Pix[i+1], img.Pix[i+2])
	}
	return out
}

// pbm writes a portable bitmap (netpbm, P4): a bit for each pixel, 1 is black, rows filled up to bytes.
func pbm(p *i420.Picture) []byte {
	const grey = (16 + 235) / 2
	out := fmt.Appendf(nil, "P4\n%d %d\n", p.Width, p.Height)
	for y := range p.Height {
		row := make([]byte, (p.Width+7)/8)
		for x, v := range p.Y[y*p.YStride:][:p.Width] {
			if v < grey {
				row[x/8] |= 0x80 >> (x % 8)
			}
		}
		out = append(out, row...)
	}
	return out
}
