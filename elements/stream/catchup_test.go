package stream

import (
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

const frameTime = 40 * time.Millisecond

// play writes n frames, the first of them a key frame, and returns when the next one is due.
func (s *source) play(at time.Duration, n int) time.Duration {
	for i := range n {
		s.frame(at, i == 0)
		at += frameTime
	}
	return at
}

// join connects a sender to the source in the middle of its stream.
func (s *source) join(in media.Input) {
	in.Bind(s.out.Format(), s.out.Open())
	s.out.SetRoutes([]media.Route{{Sink: in}})
}

func TestALateViewerGetsWhatCameSinceTheKeyFrame(t *testing.T) {
	b := newBench(t)
	s := newSource(vp8.Format, 7, 65500, 0) // the numbers wrap on the way
	at := s.play(time.Second, 100)
	s.join(b.videoOut)
	s.up.keys = 0
	at = s.playOn(at, 1)
	sent := b.wire.takeRTP()
	if len(sent) != catchUpPace {
		t.Fatalf("%d packets with the first, wanted %d from the key frame on", len(sent), catchUpPace)
	}
	at = s.playOn(at, 3)
	sent = append(sent, b.wire.takeRTP()...)
	if len(sent) != 104 {
		t.Fatalf("%d packets in all, wanted the 100 of the past and 4", len(sent))
	}
	for i, p := range sent[1:] {
		if p.h.SequenceNumber != sent[i].h.SequenceNumber+1 || p.h.Timestamp-sent[i].h.Timestamp != 3600 {
			t.Fatalf("packet %d: number %d after %d, timestamp +%d", i+1, p.h.SequenceNumber, sent[i].h.SequenceNumber,
				p.h.Timestamp-sent[i].h.Timestamp)
		}
	}
	if s.up.keys != 0 {
		t.Errorf("%d key frames asked for besides", s.up.keys)
	}
	s.frame(at, false)
	if n := len(b.wire.takeRTP()); n != 1 {
		t.Errorf("%d packets for the next frame", n)
	}
}

func TestNothingIsSentBeforeThePeerCanBeReached(t *testing.T) {
	b := newBench(t)
	b.ready.Store(false)
	s := newSource(vp8.Format, 7, 100, 0)
	s.join(b.videoOut)
	at := s.play(time.Second, 10)
	if n := len(b.wire.takeRTP()); n != 0 {
		t.Fatalf("%d packets", n)
	}
	b.open()
	s.frame(at, false)
	if n := len(b.wire.takeRTP()); n != 11 {
		t.Errorf("%d packets, wanted all from the key frame on", n)
	}
}

func TestAGapInThePastIsNotSent(t *testing.T) {
	b := newBench(t)
	s := newSource(vp8.Format, 7, 100, 0)
	at := s.play(time.Second, 10)
	s.p.RTP.SequenceNumber++ // lost
	at = s.playOn(at, 10)
	s.join(b.videoOut)
	b.open() // what was asked for at Bind is long gone
	s.frame(at, false)
	if n := len(b.wire.takeRTP()); n != 0 {
		t.Errorf("%d packets", n)
	}
	if !b.videoOut.asked || b.videoOut.askedAt != at {
		t.Error("no key frame was asked for instead")
	}
}

// playOn is play without a key frame.
func (s *source) playOn(at time.Duration, n int) time.Duration {
	for range n {
		s.frame(at, false)
		at += frameTime
	}
	return at
}

func TestASwitchPrefersANewKeyFrameToThePast(t *testing.T) {
	b := newBench(t)
	first, second := newSource(vp8.Format, 7, 100, 0), newSource(vp8.Format, 8, 200, 0)
	second.play(time.Second, 20) // its key frame is older than what the peer has seen
	first.join(b.videoOut)
	at := first.play(time.Second+200*time.Millisecond, 20)
	first.disconnect(b.videoOut)
	b.wire.takeRTP()

	second.join(b.videoOut)
	at = second.playOn(at, 10)
	if n := len(b.wire.takeRTP()); n != 0 {
		t.Errorf("%d packets of the past, although a key frame may still come", n)
	}
	second.playOn(at, 10) // it does not come: the source is a file
	if n := len(b.wire.takeRTP()); n != 40 {
		t.Errorf("%d packets when no key frame came, wanted all from the old one on", n)
	}
}

func TestALongRingServesThoseWhoComeVeryLate(t *testing.T) {
	b := newBench(t)
	s := newSource(vp8.Format, 7, 100, 0)
	s.up.ring = media.NewRing(media.LongRingSlots, 0)
	at := s.play(time.Second, 3000)
	s.join(b.videoOut)
	at = s.playOn(at, 3000/(catchUpPace-1)+1)
	b.wire.takeRTP()
	s.frame(at, false)
	if n := len(b.wire.takeRTP()); n != 1 {
		t.Errorf("%d packets for a frame after it should have caught up", n)
	}
}

func TestABrokenPastEndsInARequest(t *testing.T) {
	b := newBench(t)
	s := newSource(vp8.Format, 7, 100, 0)
	at := s.play(time.Second, 500)
	s.join(b.videoOut)
	at = s.playOn(at, 1)
	s.up.ring = media.NewRing(media.RingSlots, 0) // it is overtaken
	b.wire.takeRTP()
	at = s.playOn(at, 5)
	if n := len(b.wire.takeRTP()); n != 0 || b.videoOut.behind || !b.videoOut.asked {
		t.Errorf("%d packets, behind %v, asked %v", n, b.videoOut.behind, b.videoOut.asked)
	}
	s.frame(at, true)
	if n := len(b.wire.takeRTP()); n != 1 {
		t.Errorf("%d packets at the next key frame", n)
	}
}
