package stream

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// allNegotiated has a publisher of two layers and a viewer, with all that can be negotiated.
func allNegotiated(in *Receiver, out *Sender) (publisher, viewer []Line) {
	publisher = []Line{{SSRC: 1, Receiver: in, Receive: []Codec{vp8}}}
	withLayers(publisher)
	publisher[0].RIDs = publisher[0].RIDs[:2]
	viewer = []Line{{SSRC: 2, Sender: out, Send: []Codec{vp8}, Extensions: Extensions{AbsSendTime: 3}}}
	withRTX(viewer)
	withTWCC(publisher)
	withTWCC(viewer)
	return publisher, viewer
}

// layerHeaders are headers of two layers with transport-wide numbers, which next counts on.
func layerHeaders() (headers *[2]rtp.Header, next func(i int)) {
	headers = new([2]rtp.Header)
	for i := range headers {
		h := &headers[i]
		*h = rtp.Header{Version: 2, PayloadType: videoPT, SSRC: layerSSRC + uint32(i), Marker: true}
		_ = h.SetExtension(ridID, []byte{"hm"[i]})
		_ = h.SetExtension(wideID, make([]byte, 2))
	}
	number := uint16(0)
	return headers, func(i int) {
		h := &headers[i]
		number++
		h.SequenceNumber++
		h.Timestamp += 900
		binary.BigEndian.PutUint16(h.GetExtension(wideID), number)
	}
}

func TestNothingIsAllocatedPerPacketOfALayer(t *testing.T) {
	in, out := NewReceiver(media.Video, nil, nil), NewSender(media.Video)
	publisher, viewer := allNegotiated(in, out)
	transport := new(silent)
	from, err := NewSession(transport, publisher, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(from.Close)
	to, err := NewSession(transport, viewer, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(to.Close)
	to.open()
	headers, next := layerHeaders()
	high := append(append([]byte(nil), vp8KeyPayload...), make([]byte, 1100)...)
	payloads := [][]byte{high, high[:300]}
	at := media.Now()
	var burst media.Burst
	send := func() {
		for i := range headers {
			next(i)
			from.HandleRTP(&headers[i], payloads[i], at, &burst)
		}
		at += 10 * time.Millisecond
	}
	send()
	route(in.Output(), out, new(nothing))
	to.HandleRTCP(nil, at, &burst)
	for range 2 * media.RingSlots {
		send()
	}
	before := transport.packets
	if n := testing.AllocsPerRun(2000, send); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
	if n := transport.packets - before; n < 2000 || n > 2200 {
		t.Errorf("%d packets sent, want those of one layer", n)
	}
	if st := out.Stats(); st.Layer != 1 {
		t.Errorf("layer %d is sent", st.Layer)
	}
}

// nothing is a sink that knows no layers.
type nothing struct{}

func (*nothing) Write(*media.Packet) {}

// TestEverythingAtOnceWithLayers is TestEverythingAtOnce with all that can be negotiated, and negotiation itself.
func TestEverythingAtOnceWithLayers(t *testing.T) {
	in, out := NewReceiver(media.Video, nil, nil), NewSender(media.Video)
	publisherLines, viewerLines := allNegotiated(in, out)
	publisher, err := NewSession(&wire{t: t}, publisherLines, Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t}
	viewer, err := NewSession(w, viewerLines, Options{})
	if err != nil {
		t.Fatal(err)
	}
	publisher.Start()
	viewer.Start()
	defer in.Output().Close()

	var traffic repeater
	repeat := traffic.repeat
	var log arrivalLog
	var burst media.Burst
	repeat(func(int) { // the viewer answers what it gets
		var lost []uint16
		for _, p := range w.takeRTP() {
			if number := p.h.GetExtension(wideID); number != nil {
				log.add(binary.BigEndian.Uint16(number), 9, 2, media.Now())
			}
			if p.h.SequenceNumber%5 == 0 && p.h.SSRC == 2 {
				lost = append(lost, p.h.SequenceNumber)
			}
		}
		reports, _, _ := log.report(media.Now() + time.Hour)
		if len(lost) > 0 {
			reports = append(reports, nack(2, lost...))
		}
		raw, err := rtcp.Marshal(append([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 9}}, reports...))
		if err != nil {
			t.Error(err)
		}
		viewer.HandleRTCP(raw, media.Now(), &burst)
	})
	repeat(func(i int) {
		publisherLines, viewerLines := append([]Line(nil), publisherLines...), append([]Line(nil), viewerLines...)
		switch i % 4 {
		case 0:
			publisherLines[0].RIDs = nil
		case 1:
			viewerLines[0].RTX = 0
		case 2:
			viewerLines[0].Extensions.TransportCC = 0
		}
		if publisher.Renegotiate(publisherLines) != nil || viewer.Renegotiate(viewerLines) != nil {
			t.Error("negotiation failed")
		}
	})
	repeat(func(i int) {
		if f := in.Output().Format(); f != nil {
			src := in.Output().Open()
			out.Bind(f, src)
			in.Output().SetRoutes([]media.Route{{Sink: out}, {Sink: new(nothing)}}[:1+i%2])
			out.SetBitrateRange(0, i%2*100_000)
			in.SetRembPolicy(RembMax, i)
			in.Stats()
			out.Stats()
			out.RequestKeyFrame()
			src.Close()
		}
	})
	headers, next := layerHeaders()
	rtx := rtp.Header{Version: 2, PayloadType: rtxPT, SSRC: 4000}
	_ = rtx.SetExtension(repairedID, []byte("h"))
	for i := 0; i < 3000 || i < 3_000_000 && out.Stats().Packets < 1000; i++ {
		for layer := range headers {
			h := &headers[layer]
			next(layer)
			if i%7 == 0 && layer == 0 {
				publisher.HandleRTP(&rtx, append(binary.BigEndian.AppendUint16(nil, h.SequenceNumber-7), vp8KeyPayload...), media.Now(), &burst)
				next(layer)
			}
			publisher.HandleRTP(h, vp8KeyPayload, media.Now(), &burst)
		}
	}
	traffic.end()
	publisher.Close()
	viewer.Close()
	if out.Stats().Packets == 0 {
		t.Error("nothing came through")
	}
}

// FuzzHandleRTP hands packets that say anything to a session with everything negotiated.
func FuzzHandleRTP(f *testing.F) {
	h := layerHeaderBytes(f, videoPT, ridID, "h")
	f.Add(append(h, vp8KeyPayload...))
	h = layerHeaderBytes(f, rtxPT, repairedID, "m")
	f.Add(append(append(h, 0, 7), vp8DeltaPayload...))
	f.Add(h)
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, out := NewReceiver(media.Video, nil, nil), NewSender(media.Video)
		lines, _ := allNegotiated(in, out)
		s, err := NewSession(new(silent), lines, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		defer in.Output().Close()
		var burst media.Burst
		headers, _ := layerHeaders()
		s.HandleRTP(&headers[0], vp8KeyPayload, time.Hour, &burst)
		var parsed rtp.Header
		n, err := parsed.Unmarshal(raw)
		if err != nil {
			return
		}
		for i := range 3 {
			s.HandleRTP(&parsed, raw[n:], time.Hour+time.Duration(i)*time.Millisecond, &burst)
		}
		s.tick(2 * time.Hour)
		if st := in.Stats(); st.Packets > 4 {
			t.Errorf("%d packets of 4", st.Packets)
		}
	})
}

func layerHeaderBytes(f *testing.F, pt uint8, id uint8, rid string) []byte {
	h := rtp.Header{Version: 2, PayloadType: pt, SSRC: 7}
	_ = h.SetExtension(id, []byte(rid))
	_ = h.SetExtension(wideID, []byte{0, 1})
	raw, err := h.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	return raw
}
