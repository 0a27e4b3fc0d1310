package zbar

import (
	"fmt"
	"image"
	"strings"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/multi"
	multiqr "github.com/makiuchi-d/gozxing/multi/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/rivero-media/rivero/pipeline/codec/i420"
)

// code is what was read, with the name that ZBar has for its type.
type code struct{ kind, value string }

// reader reads QR and bar codes with gozxing, a port of ZXing. It looks at every second picture in another way than at the first,
// for what cannot be read in the one. It belongs to one goroutine at a time.
type reader struct {
	codes  []code // of this picture
	second bool   // the way in which this one is looked at
	all    multi.MultipleBarcodeReader
	single gozxing.Reader
	bars   *barReader
	other  i420.Picture // the picture in another size
}

func newReader() *reader {
	return &reader{all: multiqr.NewQRCodeMultiReader(), single: qrcode.NewQRCodeReader(), bars: newBarReader(), second: true}
}

// read returns the codes in a picture, each once; the slice is valid until the next call. gozxing panics on some pictures: then
// the panic is the error, and what was read before it is returned too. The picture is changed.
func (r *reader) read(p *i420.Picture) (codes []code, err error) {
	r.codes = r.codes[:0]
	defer func() {
		if v := recover(); v != nil {
			codes, err = r.codes, fmt.Errorf("reading codes in a picture of %dx%d: %v", p.Width, p.Height, v)
		}
	}()
	r.second = !r.second
	r.codes = r.bars.read(r.codes, p, r.second)
	if r.second && p.Width*p.Height <= mostToDouble {
		// Modules of two pixels are read when they have four.
		r.readScaled(p, 2*p.Width, 2*p.Height)
		return r.codes, nil
	}
	bars := len(r.codes)
	r.readQR(p)
	if len(r.codes) == bars && p.Width >= minSide && p.Height >= minSide {
		// A large code that is blurred or noisy is clearer at half the size.
		even := p.Crop(image.Rect(0, 0, p.Width/4*4, p.Height/4*4))
		r.readScaled(even, even.Width/2, even.Height/2)
	}
	return r.codes, nil
}

func (r *reader) readScaled(p *i420.Picture, width, height int) {
	r.other.Resize(width, height)
	i420.NewScaler(width, height, p.Width, p.Height).Scale(&r.other, p)
	r.readQR(&r.other)
}

const (
	// mostToDouble is the size up to which a picture is read at twice the size too: the work is in the pixels.
	mostToDouble = 640 * 480
	// minSide is the smallest side of a picture that is worth another look at half the size: a QR code has at least 21 modules
	// (ISO/IEC 18004 §5.1), which need two pixels each.
	minSide = 2 * 2 * 21
)

// hints for QR codes: look at every row for their corners.
var hints = map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}

// readQR reads QR codes. What was read is painted over, so that the corners of the rest can be told apart.
func (r *reader) readQR(p *i420.Picture) {
	for range mostQR {
		results := r.lookForQR(p)
		if len(results) == 0 {
			return
		}
		for _, result := range results {
			r.codes = add(r.codes, code{"QR-Code", strings.ToValidUTF8(result.GetText(), "\uFFFD")})
			paintOver(p, result.GetResultPoints())
		}
	}
}

// mostQR bounds how often a picture is looked at.
const mostQR = 8

// lookForQR reads the QR codes of which the corners are found among those of others, or else one.
func (r *reader) lookForQR(p *i420.Picture) []*gozxing.Result {
	source, err := gozxing.NewPlanarYUVLuminanceSource(p.Y, p.YStride, p.Height, 0, 0, p.Width, p.Height, false)
	if err != nil {
		panic(err) // the picture is not as large as it says
	}
	bitmap, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(source))
	if err != nil {
		panic(err)
	}
	// gozxing has errors for what is not there.
	if results, err := r.all.DecodeMultiple(bitmap, hints); err == nil && len(results) > 0 {
		return results
	}
	if result, err := r.single.Decode(bitmap, hints); err == nil {
		return []*gozxing.Result{result}
	}
	return nil
}

// paintOver makes the box around points grey: they are the middles of the corners of a code.
func paintOver(p *i420.Picture, points []gozxing.ResultPoint) {
	var box image.Rectangle
	for _, at := range points {
		box = box.Union(image.Rect(int(at.GetX()), int(at.GetY()), int(at.GetX())+1, int(at.GetY())+1))
	}
	box = box.Intersect(image.Rect(0, 0, p.Width, p.Height))
	for y := box.Min.Y; y < box.Max.Y; y++ {
		row := p.Y[y*p.YStride:][box.Min.X:box.Max.X]
		for x := range row {
			row[x] = 128
		}
	}
}

func add(codes []code, c code) []code {
	for _, other := range codes {
		if other == c {
			return codes
		}
	}
	return append(codes, c)
}
