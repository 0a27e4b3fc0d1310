// This example decodes the VP8 of an IVF file and prints the MD5 of each
// picture that is shown. It shows how to:
//  1. take frames out of an IVF file
//  2. decode them with package vp8, which needs nothing else of this project
//  3. use the planes of a picture before the next frame overwrites them
//
// The sums are those of raw I420, so that this prints the same:
//
//	ffmpeg -i FILE.ivf -f framemd5 -
package main

import (
	"bufio"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rivero-media/rivero/pipeline/codec/vp8"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: vp8-md5 FILE.ivf")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vp8-md5:", err)
		os.Exit(1)
	}
}

func run(path string, out io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewReader(file)
	if err := ivfHeader(in); err != nil {
		return err
	}
	var decoder vp8.Decoder
	var pixels []byte
	for {
		frame, err := ivfFrame(in)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		picture, err := decoder.Decode(frame)
		if err != nil {
			// A player would go on: the decoder waits for the next key frame.
			return err
		}
		if picture == nil {
			continue // a reference that is not to be shown
		}
		pixels = picture.AppendI420(pixels[:0])
		fmt.Fprintf(out, "%x\n", md5.Sum(pixels))
	}
}

// ivfHeader reads the 32 bytes in front of the frames.
func ivfHeader(in io.Reader) error {
	var head [32]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return err
	}
	if string(head[:4]) != "DKIF" || string(head[8:12]) != "VP80" {
		return errors.New("not an IVF file with VP8")
	}
	return nil
}

// ivfFrame reads one frame: its size, a time stamp, its bytes.
func ivfFrame(in io.Reader) ([]byte, error) {
	var head [12]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.LittleEndian.Uint32(head[:4]))
	if _, err := io.ReadFull(in, frame); err != nil {
		return nil, fmt.Errorf("file ends inside of a frame: %w", err)
	}
	return frame, nil
}
