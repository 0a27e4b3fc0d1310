package aac

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCodebooks checks that each code is complete (Kraft's sum is 1), that each
// value occurs once, and that every code word is read as its own number.
func TestCodebooks(t *testing.T) {
	check := func(name any, c *code, values int) {
		kraft, words := 0.0, 0
		for i, n := range c.lengths {
			kraft += float64(n) / float64(int(1)<<(i+1))
			words += n
		}
		if kraft != 1 || words != values {
			t.Errorf("book %v: Kraft's sum is %v, %d words for %d values", name, kraft, words, values)
		}
		word, number := uint32(0), 0
		for i, n := range c.lengths {
			word <<= 1
			for range n {
				left := word << (31 - i)
				r := bitReader{data: []byte{byte(left >> 24), byte(left >> 16), byte(left >> 8), byte(left)}}
				if got, err := c.read(&r); err != nil || got != number || r.pos != i+1 {
					t.Fatalf("book %v, word %d of %d bits: read %d, %d bits, %v", name, number, i+1, got, r.pos, err)
				}
				word, number = word+1, number+1
			}
		}
	}
	for i, b := range books {
		if b == nil {
			continue
		}
		source := spectralBooks[i]
		levels := source.largest + 1
		if source.signed {
			levels += source.largest
		}
		check(i, &b.code, int(math.Pow(float64(levels), float64(source.dimension))))
		seen := map[[4]int8]bool{}
		for _, v := range b.values {
			seen[v] = true
			for _, x := range v {
				if int(x) > source.largest || int(x) < -source.largest || x < 0 && !source.signed {
					t.Errorf("book %d has a value %d", i, x)
				}
			}
		}
		if len(seen) != len(b.values) {
			t.Errorf("book %d has a value twice", i)
		}
	}
	seen := map[int8]bool{}
	for _, v := range scaleFactorBook.values {
		seen[v] = v >= 0 && v <= 120
	}
	check("of scale factors", &scaleFactors, len(seen))
}

func TestBands(t *testing.T) {
	for i := range sampleRates {
		for size, bands := range map[int][]int{frameSize: longBands[i], shortSize: shortBands[i]} {
			if bands[0] != 0 || bands[len(bands)-1] != size {
				t.Errorf("%d Hz: the bands go from %d to %d", sampleRates[i], bands[0], bands[len(bands)-1])
			}
			for j := range bands[1:] {
				if w := bands[j+1] - bands[j]; w < 4 || w%4 != 0 {
					t.Errorf("%d Hz: a band from %d of %d", sampleRates[i], bands[j], w)
				}
			}
		}
	}
}

// TestDCT compares with the sum of the definition.
func TestDCT(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{8, shortSize, frameSize} {
		x := make([]float32, size)
		want := make([]float64, size)
		for i := range x {
			x[i] = float32(noise.NormFloat64())
		}
		for k := range want {
			for n, v := range x {
				want[k] += float64(v) * math.Cos(math.Pi/float64(size)*(float64(n)+0.5)*(float64(k)+0.5))
			}
		}
		newDCT(size).transform(x)
		var signal, wrong float64
		for k, v := range want {
			signal, wrong = signal+v*v, wrong+(v-float64(x[k]))*(v-float64(x[k]))
		}
		if snr := 10 * math.Log10(signal/wrong); snr < 120 {
			t.Errorf("size %d: %.1f dB", size, snr)
		}
	}
}

// TestWindows checks the condition of perfect reconstruction.
func TestWindows(t *testing.T) {
	for _, w := range [][]float32{longWindows[0], longWindows[1], shortWindows[0], shortWindows[1]} {
		for i := range w {
			if sum := w[i]*w[i] + w[len(w)-1-i]*w[len(w)-1-i]; math.Abs(float64(sum)-1) > 1e-6 {
				t.Fatalf("window of %d: at %d the squares add up to %v", len(w), i, sum)
			}
		}
	}
}

// TestPerfectReconstruction analyses a signal with the MDCT's definition, through
// every sequence of windows and both shapes, and puts it together again.
func TestPerfectReconstruction(t *testing.T) {
	noise := rand.New(rand.NewPCG(3, 4))
	sequences := []int{onlyLong, longStart, eightShort, eightShort, longStop, onlyLong, onlyLong}
	shapes := []int{0, 1, 1, 0, 1, 0, 0}
	signal := make([]float32, (len(sequences)+1)*frameSize)
	for i := range signal {
		signal[i] = float32(noise.NormFloat64())
	}
	f := newFilterbank()
	overlap, out := make([]float32, frameSize), make([]float32, frameSize)
	before := 0
	for n, sequence := range sequences {
		spectrum := analyse(signal[n*frameSize:][:2*frameSize], sequence, before, shapes[n])
		f.synthesize(out, spectrum, overlap, sequence, before, shapes[n])
		before = shapes[n]
		if n == 0 {
			continue
		}
		for i, v := range out {
			if want := signal[n*frameSize+i]; math.Abs(float64(v-want)) > 1e-4 {
				t.Fatalf("frame %d, sample %d: %v, want %v", n, i, v, want)
			}
		}
	}
}

// analyse is the MDCT of an encoder, by its definition.
func analyse(block []float32, sequence, before, shape int) []float32 {
	mdct := func(x []float32) []float32 {
		half := len(x) / 2
		spectrum := make([]float32, half)
		cosines := make([]float64, 8*half) // a period, in steps of π/4half
		for i := range cosines {
			cosines[i] = math.Cos(math.Pi / float64(4*half) * float64(i))
		}
		for k := range spectrum {
			sum := 0.0
			for n, v := range x {
				sum += float64(v) * cosines[(2*n+1+half)*(2*k+1)%(8*half)]
			}
			spectrum[k] = float32(2 * sum)
		}
		return spectrum
	}
	x := append([]float32(nil), block...)
	if sequence == eightShort {
		var spectrum []float32
		for w := range 8 {
			short := append([]float32(nil), x[flat+w*shortSize:][:2*shortSize]...)
			rise(short, shortWindows[before])
			fall(short[shortSize:], shortWindows[shape])
			spectrum = append(spectrum, mdct(short)...)
			before = shape
		}
		return spectrum
	}
	if sequence == longStop {
		clear(x[:flat])
		rise(x[flat:], shortWindows[before])
	} else {
		rise(x, longWindows[before])
	}
	if sequence == longStart {
		fall(x[frameSize+flat:], shortWindows[shape])
		clear(x[2*frameSize-flat:])
	} else {
		fall(x[frameSize:], longWindows[shape])
	}
	return mdct(x)
}
