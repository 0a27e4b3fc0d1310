package transport

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/datachannel"
	"github.com/pion/sctp"

	"github.com/rivero-media/rivero/pipeline/media"
)

// ChannelConfig says how a data channel is made (RFC 8832 §5.1).
type ChannelConfig struct {
	Label, Protocol string
	Ordered         bool
	// MaxPacketLifeTime (ms) and MaxRetransmits bound how long and how often a message is
	// tried, up to 65535; below 0: no bound. A channel has one of the two: the life time wins.
	MaxPacketLifeTime, MaxRetransmits int
}

// maxReliability is the highest of either bound that a channel can have (W3C webrtc §6.1: unsigned short).
const maxReliability = 65535

func (o ChannelConfig) encoded() *datachannel.Config {
	d := &datachannel.Config{Label: o.Label, Protocol: o.Protocol, LoggerFactory: quiet{}}
	switch {
	case o.MaxPacketLifeTime >= 0:
		d.ChannelType = datachannel.ChannelTypePartialReliableTimed
		d.ReliabilityParameter = uint32(min(o.MaxPacketLifeTime, maxReliability))
	case o.MaxRetransmits >= 0:
		d.ChannelType = datachannel.ChannelTypePartialReliableRexmit
		d.ReliabilityParameter = uint32(min(o.MaxRetransmits, maxReliability))
	}
	if !o.Ordered {
		d.ChannelType |= datachannel.ChannelTypeReliableUnordered // the bit that says so
	}
	return d
}

// ChannelState is the RTCDataChannelState of the Kurento protocol.
type ChannelState string

// The states. A channel that is closed is forgotten.
const (
	ChannelConnecting ChannelState = "connecting"
	ChannelOpen       ChannelState = "open"
	ChannelClosing    ChannelState = "closing" // by us; the peer has not confirmed it
)

// channel is one data channel. Its fields are guarded by channels.mu, the counters excepted.
type channel struct {
	id      uint16
	ours    bool // we asked for it
	config  ChannelConfig
	state   ChannelState
	carrier *datachannel.DataChannel // nil: queued, or the peer's first message is still to come

	sent, received traffic
}

// traffic counts messages and their bytes.
type traffic struct{ messages, bytes atomic.Uint64 }

func (t *traffic) add(n int) {
	t.messages.Add(1)
	t.bytes.Add(uint64(n))
}

// acceptChannels takes the channels that the peer opens, until the association ends.
func (c *Conn) acceptChannels(association *sctp.Association) {
	for {
		stream, err := association.AcceptStream()
		if err != nil {
			return
		}
		ch := c.channels.reserve(stream.StreamIdentifier())
		if ch == nil {
			c.log.Debug().Uint16("id", stream.StreamIdentifier()).Msg("data channel of the peer is refused: too many, or the id is taken")
			_ = stream.Close() // fails when the association has ended
			continue
		}
		c.work.Go(func() { c.acceptChannel(ch, stream) })
	}
}

// acceptChannel waits for the peer to say what its channel is, and reads it.
func (c *Conn) acceptChannel(ch *channel, stream *sctp.Stream) {
	carrier, err := datachannel.Server(stream, &datachannel.Config{LoggerFactory: quiet{}})
	if err != nil {
		if !errors.Is(err, io.EOF) && c.ctx.Err() == nil {
			c.log.Debug().Err(err).Uint16("id", ch.id).Msg("the peer's data channel does not open")
		}
		_ = stream.Close()
		c.channels.gone(c, ch)
		return
	}
	c.channels.accepted(c, ch, carrier, ChannelConfig{
		Label:    strings.ToValidUTF8(carrier.Label, "\uFFFD"),
		Protocol: strings.ToValidUTF8(carrier.Protocol, "\uFFFD"),
	})
	c.readChannel(ch, carrier)
}

// firstBuffer holds most messages; longer ones make it grow, up to MaxMessage.
const firstBuffer = 4 << 10

// readChannel hands the peer's messages on until the channel is closed.
func (c *Conn) readChannel(ch *channel, carrier *datachannel.DataChannel) {
	defer c.channels.gone(c, ch)
	burst, buf := &media.Burst{}, make([]byte, firstBuffer)
	for {
		n, text, err := carrier.ReadDataChannel(buf)
		switch {
		case errors.Is(err, io.ErrShortBuffer) && len(buf) < MaxMessage:
			buf = make([]byte, 2*len(buf))
		case errors.Is(err, io.ErrShortBuffer):
			c.log.Warn().Uint16("id", ch.id).Int("limit", MaxMessage).Msg("data channel is closed: the peer's message is too long")
			return
		case err != nil:
			return
		default:
			ch.received.add(n)
			c.deliver(text, buf[:n], burst)
		}
	}
}

// deliver hands one message on. What panics below it ends as in a read loop.
func (c *Conn) deliver(text bool, message []byte, b *media.Burst) {
	c.channels.delivery.Lock()
	defer c.channels.delivery.Unlock()
	c.recv.mu.Lock()
	deaf := c.recv.deaf
	c.recv.mu.Unlock()
	if deaf || c.cfg.Messages == nil {
		return
	}
	defer b.Rescue(c.broken)
	c.cfg.Messages.HandleMessage(text, message, media.Now(), b)
	b.Flush()
}

// MessageHandler takes the messages of all data channels, one call at a time and under
// the rules of Handler: it must not block, and message is valid during the call only.
type MessageHandler interface {
	HandleMessage(text bool, message []byte, at time.Duration, b *media.Burst)
}
