package vp8_test

import (
	"fmt"

	"github.com/rivero-media/rivero/pipeline/codec/vp8"
)

// gradient is a picture that moves with n.
func gradient(width, height, n int) *vp8.Frame {
	f := &vp8.Frame{Width: width, Height: height, YStride: width, UVStride: (width + 1) / 2}
	f.Y = make([]byte, width*height)
	w, h := f.ChromaSize()
	f.U, f.V = make([]byte, w*h), make([]byte, w*h)
	for i := range f.Y {
		f.Y[i] = byte(i%width + i/width + 2*n)
	}
	return f
}

// A stream is made of pictures, and pictures of the stream.
func Example() {
	encoder, err := vp8.NewEncoder(vp8.Config{Width: 160, Height: 90, Bitrate: 200_000})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer encoder.Close()
	var decoder vp8.Decoder
	var frame []byte // one buffer for all frames
	for n := range 3 {
		var key bool
		frame, key, err = encoder.Encode(frame[:0], gradient(160, 90, n), false)
		if err != nil {
			fmt.Println(err)
			return
		}
		if len(frame) == 0 {
			continue // dropped: the bitrate did not allow for it
		}
		picture, err := decoder.Decode(frame)
		if err != nil {
			fmt.Println(err) // and ask the sender for a key frame
			return
		}
		fmt.Printf("key %v, %dx%d\n", key, picture.Width, picture.Height)
	}
	// Output:
	// key true, 160x90
	// key false, 160x90
	// key false, 160x90
}

// Only frames that came whole can be decoded; after a loss the decoder waits
// for a key frame, and shows what it had.
func ExampleDecoder() {
	encoder, _ := vp8.NewEncoder(vp8.Config{Width: 64, Height: 64})
	defer encoder.Close()
	var decoder vp8.Decoder
	for n := range 5 {
		frame, _, _ := encoder.Encode(nil, gradient(64, 64, n), decoder.NeedsKeyFrame())
		if n == 2 {
			frame = frame[:8] // of which the rest got lost
		}
		if _, err := decoder.Decode(frame); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("picture, key:", decoder.Last().Key)
	}
	// Output:
	// picture, key: true
	// picture, key: false
	// vp8: frame is truncated
	// picture, key: true
	// picture, key: false
}

// The receiver's network got slower, and a new viewer needs a key frame.
func ExampleEncoder_SetBitrate() {
	encoder, _ := vp8.NewEncoder(vp8.Config{Width: 320, Height: 180, Bitrate: 1_000_000, Threads: 2, Partitions: 2})
	defer encoder.Close()
	for n := range 6 {
		switch n {
		case 2:
			encoder.SetBitrate(300_000)
		case 4:
			encoder.ForceKeyFrame()
		}
		_, key, _ := encoder.Encode(nil, gradient(320, 180, n), false)
		fmt.Print(key, " ")
	}
	// Output: true false false false true false
}

// Of three temporal layers a forwarder leaves out what a receiver cannot take.
func ExampleEncoder_Layer() {
	encoder, _ := vp8.NewEncoder(vp8.Config{Width: 64, Height: 64, MinQ: 20, Layers: 3})
	defer encoder.Close()
	for n := range 5 {
		_, _, _ = encoder.Encode(nil, gradient(64, 64, n), false)
		l := encoder.Layer()
		fmt.Printf("TID %d, Y %v, TL0PICIDX %d\n", l.ID, l.Sync, l.TL0)
	}
	// Output:
	// TID 0, Y false, TL0PICIDX 1
	// TID 2, Y true, TL0PICIDX 1
	// TID 1, Y true, TL0PICIDX 1
	// TID 2, Y false, TL0PICIDX 1
	// TID 0, Y false, TL0PICIDX 2
}
