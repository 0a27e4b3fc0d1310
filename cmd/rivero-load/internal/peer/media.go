package peer

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"

	"github.com/rivero-media/rivero/cmd/rivero-load/internal/measure"
)

const (
	maxPacket = 1500 // bytes; Pion drops larger ones itself

	reportInterval = time.Second
	// keyFrameInterval is how often a viewer without a picture asks for one, as libwebrtc does.
	keyFrameInterval = 200 * time.Millisecond
)

// Play begins to send the reel. A failing connection fails the peer. Called more than once it plays once.
func (p *Peer) Play() {
	p.mu.Lock()
	again := p.playing
	p.playing = true
	p.mu.Unlock()
	if again {
		return
	}
	p.spawn(func() {
		if err := p.source.Run(p.ctx); err != nil {
			p.mu.Lock()
			p.fail(fmt.Errorf("send: %w", err))
			p.mu.Unlock()
		}
	})
}

// onTrack reads a track until the peer is closed. Pion calls it on a goroutine of its own, with the first packet.
func (p *Peer) onTrack(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	meter := p.audio
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		meter = p.video
	}
	p.spawn(func() {
		err := readTrack(track, meter)
		if errors.Is(err, io.EOF) {
			return // closed: whether by us or by the server, onState knows
		}
		p.mu.Lock()
		p.fail(fmt.Errorf("receive %s: %w", track.Kind(), err))
		p.mu.Unlock()
	})
}

func readTrack(track *webrtc.TrackRemote, meter *measure.Meter) error {
	buf := make([]byte, maxPacket)
	for {
		n, _, err := track.Read(buf)
		if err != nil {
			return err
		}
		meter.Packet(buf[:n])
	}
}

// readFeedback lets the interceptors see the server's RTCP and turns key frame requests into key frames.
func (p *Peer) readFeedback(sender *webrtc.RTPSender) {
	buf := make([]byte, maxPacket)
	for {
		n, _, err := sender.Read(buf)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.source.RequestKeyFrame()
			}
		}
	}
}

// sendReports sends receiver reports, and picture loss indications until there is a picture.
func (p *Peer) sendReports() {
	ticker := time.NewTicker(keyFrameInterval)
	defer ticker.Stop()
	ssrc := rand.Uint32()
	keyFrame := p.video.KeyFrame()
	for {
		select {
		case <-ticker.C:
		case <-keyFrame:
			keyFrame = nil
			ticker.Reset(reportInterval)
			continue
		case <-p.ctx.Done():
			return
		}
		packets := reports(ssrc, p.video, p.audio, keyFrame != nil)
		if len(packets) == 0 {
			continue
		}
		if r, ok := p.video.Report(); ok && p.maxBitrate > 0 {
			packets = append(packets, &rtcp.ReceiverEstimatedMaximumBitrate{
				SenderSSRC: ssrc, Bitrate: float32(p.maxBitrate), SSRCs: []uint32{r.SSRC},
			})
		}
		if p.pc.WriteRTCP(packets) != nil {
			return // onState or Close tells why
		}
	}
}

func reports(ssrc uint32, video, audio *measure.Meter, wantKey bool) (packets []rtcp.Packet) {
	report := &rtcp.ReceiverReport{SSRC: ssrc}
	if r, ok := audio.Report(); ok {
		report.Reports = append(report.Reports, r)
	}
	r, ok := video.Report()
	if ok {
		report.Reports = append(report.Reports, r)
	}
	if len(report.Reports) == 0 {
		return nil
	}
	packets = append(packets, report)
	if ok && wantKey {
		packets = append(packets, &rtcp.PictureLossIndication{SenderSSRC: ssrc, MediaSSRC: r.SSRC})
	}
	return packets
}
