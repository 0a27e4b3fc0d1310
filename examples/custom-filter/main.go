// This example shows how to
//
//  1. write a filter of your own: a class with a property and an event, and what it does to a picture,
//  2. make a media server that has it beside all of Rivero's own classes.
//
// Start it like rivero, with the same options and configuration files:
//
//	go run ./examples/custom-filter
//
// docs/custom-filter.md goes through it line by line and calls it from JavaScript.
package main

import (
	"context"
	"sync/atomic"

	"github.com/rivero-media/rivero/elements/filter"
	"github.com/rivero-media/rivero/pipeline"
	"github.com/rivero-media/rivero/pipeline/codec/i420"
	"github.com/rivero-media/rivero/server"
)

func main() { server.Main("example", class) }

// class is what clients see: example.Mosaic, with getBlockSize and setBlockSize, and all that a filter has.
var class = &pipeline.Class{
	Name: "Mosaic", Module: "example", Parent: filter.Class,
	New:     pipeline.New(create),
	Methods: pipeline.Methods(pipeline.Property("blockSize", (*Mosaic).BlockSize, (*Mosaic).SetBlockSize)),
	Events:  []pipeline.EventType{pipeline.Raises[CameraCovered]()},
}

// params are those of the constructor.
type params struct {
	MediaPipeline *pipeline.MediaPipeline `kurento:"mediaPipeline"`
	BlockSize     int                     `kurento:"blockSize,optional,default=16"`
}

// CameraCovered is raised when pictures get dark, and when they are not any more.
type CameraCovered struct {
	pipeline.Media
	Covered bool `kurento:"covered"`
}

// Mosaic shows pictures in blocks of one colour.
type Mosaic struct {
	filter.Filter
	size    atomic.Int32
	covered bool // touched by picture only
}

func create(_ context.Context, c pipeline.Creation, p params) (pipeline.Object, error) {
	m := &Mosaic{}
	if err := m.SetBlockSize(p.BlockSize); err != nil {
		return nil, err
	}
	m.SetupPictures(c, m, p.MediaPipeline, m.picture)
	return m, nil
}

// BlockSize is called by getBlockSize.
func (m *Mosaic) BlockSize() int { return int(m.size.Load()) }

// SetBlockSize is called by setBlockSize.
func (m *Mosaic) SetBlockSize(pixels int) error {
	if pixels < 2 || pixels > 512 || pixels%2 != 0 {
		return pipeline.Errorf(pipeline.IllegalParam, "blockSize %d is no even number from 2 to 512", pixels)
	}
	m.size.Store(int32(pixels))
	return nil
}

// picture is called for each picture, on a goroutine of the filter's own. It may change the picture, or return another.
func (m *Mosaic) picture(p *i420.Picture, _ filter.Moment) *i420.Picture {
	size := m.BlockSize()
	blocks(p.Y, p.Width, size)
	blocks(p.U, (p.Width+1)/2, size/2) // chroma has half the resolution
	blocks(p.V, (p.Width+1)/2, size/2)
	if dark := brightness(p) < 32; dark != m.covered {
		m.covered = dark
		m.Emit(CameraCovered{Covered: dark})
	}
	return p
}

// blocks gives each block of a plane the value of its first pixel.
func blocks(plane []byte, width, size int) {
	for y := range len(plane) / width {
		row, first := plane[y*width:][:width], plane[y/size*size*width:][:width]
		for x := range row {
			row[x] = first[x/size*size]
		}
	}
}

func brightness(p *i420.Picture) int {
	sum := 0
	for _, v := range p.Y {
		sum += int(v)
	}
	return sum / len(p.Y)
}
