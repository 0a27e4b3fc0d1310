package recorder

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

// Split is a container's format with a file for each kind of media. They have one time line: they begin at the same moment,
// and a pause ends them all. Its target must be from SplitTarget.
func Split(c Container) Container {
	newFile := c.New
	c.New = func(w io.Writer, tracks []Track, date time.Time) (Writer, error) {
		target, ok := w.(*splitTarget)
		if !ok {
			return nil, fmt.Errorf("%w: a target that cannot be split", ErrOpen)
		}
		s := &splitWriter{}
		for _, t := range tracks {
			file, err := target.open(t.Format.Kind)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrOpen, err)
			}
			m, err := newFile(file, []Track{t}, date)
			if err != nil {
				return nil, err
			}
			s.files = append(s.files, m)
		}
		return s, nil
	}
	return c
}

// SplitTarget returns the function that opens the target of Split, which opens one for each kind when there is something for
// it.
func SplitTarget(open func(media.Kind) (Target, error)) func() (Target, error) {
	return func() (Target, error) { return &splitTarget{opener: open}, nil }
}

type splitTarget struct {
	opener func(media.Kind) (Target, error)
	files  []Target
}

func (s *splitTarget) open(k media.Kind) (Target, error) {
	file, err := s.opener(k)
	if err == nil {
		s.files = append(s.files, file)
	}
	return file, err
}

// Write is part of Target. Nothing is written that belongs to no kind.
func (s *splitTarget) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Close returns when everything is on the disk.
func (s *splitTarget) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, closeTarget(f))
	}
	return errors.Join(errs...)
}

// splitWriter has a file for each track.
type splitWriter struct{ files []Writer }

func (s *splitWriter) WriteFrame(track int, pts time.Duration, key bool, data []byte) error {
	return s.files[track].WriteFrame(0, pts, key, data)
}

// describe is part of describer.
func (s *splitWriter) describe(track int, t Track) {
	if w, ok := s.files[track].(describer); ok {
		w.describe(0, t)
	}
}

// Duration is that of the longest file, so that all go on at the same time after a pause.
func (s *splitWriter) Duration() (longest time.Duration) {
	for _, f := range s.files {
		longest = max(longest, f.Duration())
	}
	return longest
}

func (s *splitWriter) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
