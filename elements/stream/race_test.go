package stream

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// TestEverythingAtOnce has the read loop of a publisher, that of a viewer, the
// sessions' own goroutines and the control side work on the same streams; the
// race detector judges.
func TestEverythingAtOnce(t *testing.T) {
	var changed atomic.Int64
	in := NewReceiver(media.Video, nil, func() { changed.Add(1) })
	out := NewSender(media.Video)
	publisher, err := NewSession(&wire{t: t}, []Line{{SSRC: 1, Receiver: in, Receive: []Codec{vp8, h264}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	viewer, err := NewSession(&wire{t: t}, []Line{{SSRC: 2, Sender: out, Send: []Codec{vp8, h264}, Extensions: Extensions{AbsSendTime: 3}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	publisher.Start()
	viewer.Start()

	var traffic repeater
	repeat := traffic.repeat
	feedback, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: 9, Reports: []rtcp.ReceptionReport{{SSRC: 2, LastSenderReport: 1}}},
		nack(2, 1, 2, 3), &rtcp.PictureLossIndication{MediaSSRC: 2},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6, SSRCs: []uint32{2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var burst media.Burst
	repeat(func(int) { viewer.HandleRTCP(feedback, media.Now(), &burst) })
	repeat(func(i int) {
		if i%2 == 0 {
			out.Bind(nil, nil)
			return
		}
		if f := in.Output().Format(); f != nil {
			src := in.Output().Open()
			out.Bind(f, src)
			in.Output().SetRoutes([]media.Route{{Sink: out}})
			src.Close()
		}
	})
	repeat(func(i int) {
		in.Stats()
		out.Stats()
		out.Accept(vp8.Format)
		in.SetBitrateRange(i, 0)
		out.SetBitrateRange(0, i)
		in.RequestKeyFrame()
	})

	peer := newPublisher(videoPT, peerSSRC)
	for i := range 3000 {
		if i%500 == 499 {
			peer.h.SSRC++
		}
		if i%7 == 6 {
			peer.h.SequenceNumber += 2
		}
		peer.h.PayloadType = videoPT
		if i%1000 > 900 {
			peer.h.PayloadType = h264.PayloadType
		}
		peer.h.Timestamp += 90
		peer.send(publisher, media.Now(), vp8KeyPayload)
	}
	traffic.work.Go(viewer.Close) // under traffic
	for range 200 {
		peer.send(publisher, media.Now(), vp8KeyPayload)
	}
	publisher.Close()
	traffic.end()
	viewer.Close()
	if changed.Load() == 0 {
		t.Error("the format never changed")
	}
	if n := in.Stats().Packets; n == 0 {
		t.Error("nothing was received")
	}
}

func BenchmarkForward(b *testing.B) {
	for _, viewers := range []int{1, 50} {
		b.Run(map[int]string{1: "1 viewer", 50: "50 viewers"}[viewers], func(b *testing.B) {
			in := NewReceiver(media.Video, nil, nil)
			transport := new(silent)
			s, err := NewSession(transport, []Line{{SSRC: 1, Receiver: in, Receive: []Codec{vp8}}}, Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			payload := append(append([]byte(nil), vp8KeyPayload...), make([]byte, 1100)...)
			peer, at := newPublisher(videoPT, peerSSRC), media.Now()
			peer.send(s, at, payload)
			var senders []media.Sink
			for range viewers {
				out := NewSender(media.Video)
				v, err := NewSession(transport, []Line{{SSRC: 1, Sender: out, Send: []Codec{vp8}, Extensions: Extensions{AbsSendTime: 3}}}, Options{})
				if err != nil {
					b.Fatal(err)
				}
				defer v.Close()
				v.open()
				senders = append(senders, out)
			}
			route(in.Output(), senders...)
			b.ReportAllocs()
			for b.Loop() {
				at += 5 * time.Millisecond
				peer.h.Timestamp += 450
				peer.send(s, at, payload)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*viewers), "ns/delivered")
		})
	}
}
