package transport

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/datachannel"
	"github.com/pion/sctp"
)

const (
	// maxChannels bounds the data channels that a connection has at a time.
	maxChannels = 256

	// lastChannelID is the highest (RFC 8831 §6.5: 65535 is reserved).
	lastChannelID = 65534

	// maxBuffered is how many bytes wait for a slow peer, in all channels of a connection.
	maxBuffered = 1 << 20

	// maxChannelName bounds label and protocol, in bytes (RFC 8832 §5.1).
	maxChannelName = 65535
)

// Errors of data channels.
var (
	ErrNoChannels      = errors.New("data channels were not negotiated")
	ErrTooManyChannels = errors.New("too many data channels")
)

// channels are the data channels of a connection.
type channels struct {
	mu          sync.Mutex
	ports       SCTPPorts         // zero: not negotiated
	association *sctp.Association // nil before it is established and after it has ended
	list        []*channel        // as they were made; closed ones are forgotten
	next        int               // id of the next one of ours
	ended       bool              // nothing can be opened any more
	opened      int
	closed      int

	delivery sync.Mutex    // one message at a time goes to the MessageHandler
	dropped  atomic.Uint64 // messages that the peer was too slow for, or too long
}

// negotiated is called by Start, and by Renegotiate when there were none.
func (s *channels) negotiated(ports SCTPPorts, dtlsClient bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports = ports
	if !dtlsClient {
		s.next = 1 // even ids belong to the DTLS client (RFC 8832 §6)
	}
}

// agreed returns the ports that were negotiated.
func (s *channels) agreed() SCTPPorts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ports
}

// OpenChannel makes a data channel, at once or as soon as the connection is there, and
// returns its id; Events hears when it is open. Errors: ErrNoChannels before Start or
// when they were not negotiated, ErrTooManyChannels, ErrClosed.
func (c *Conn) OpenChannel(config ChannelConfig) (id uint16, err error) {
	if len(config.Label) > maxChannelName || len(config.Protocol) > maxChannelName {
		return 0, fmt.Errorf("label or protocol is longer than %d bytes", maxChannelName)
	}
	s := &c.channels
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.ports.negotiated():
		return 0, ErrNoChannels
	case s.ended || c.ctx.Err() != nil:
		return 0, ErrClosed
	case len(s.list) >= maxChannels:
		return 0, ErrTooManyChannels
	}
	for s.find(s.next) != nil {
		s.next += 2
	}
	if s.next > lastChannelID {
		return 0, ErrTooManyChannels
	}
	ch := &channel{id: uint16(s.next), ours: true, config: config, state: ChannelConnecting}
	if s.association != nil {
		if err := s.dial(c, ch); err != nil {
			return 0, fmt.Errorf("opening data channel %d: %w", ch.id, err)
		}
	}
	s.next += 2
	s.list = append(s.list, ch)
	return ch.id, nil
}

// dial announces a channel to the peer and reads it. Called locked, while there is an
// association, whose goroutine keeps Close waiting.
func (s *channels) dial(c *Conn, ch *channel) error {
	carrier, err := datachannel.Dial(s.association, ch.id, ch.config.encoded())
	if err != nil {
		return err
	}
	ch.carrier = carrier
	carrier.OnOpen(func() { s.confirmed(c, ch) })
	c.work.Go(func() { c.readChannel(ch, carrier) })
	return nil
}

// find is called locked.
func (s *channels) find(id int) *channel {
	for _, ch := range s.list {
		if int(ch.id) == id {
			return ch
		}
	}
	return nil
}

// established opens what was asked for meanwhile.
func (s *channels) established(c *Conn, association *sctp.Association) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.association = association
	for _, ch := range slices.Clone(s.list) {
		if err := s.dial(c, ch); err != nil {
			c.log.Warn().Err(err).Uint16("id", ch.id).Msg("data channel does not open")
			s.forget(c, ch)
		}
	}
}

// reserve makes room for a channel of the peer; nil: there is none.
func (s *channels) reserve(id uint16) *channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) >= maxChannels || s.find(int(id)) != nil {
		return nil
	}
	ch := &channel{id: id, state: ChannelConnecting}
	s.list = append(s.list, ch)
	return ch
}

// accepted is told of a channel of the peer.
func (s *channels) accepted(c *Conn, ch *channel, carrier *datachannel.DataChannel, config ChannelConfig) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch.carrier, ch.config = carrier, config
	s.open(c, ch)
}

// confirmed is told that the peer has taken a channel of ours.
func (s *channels) confirmed(c *Conn, ch *channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch.state == ChannelConnecting && s.find(int(ch.id)) == ch {
		s.open(c, ch)
	}
}

// open is called locked.
func (s *channels) open(c *Conn, ch *channel) {
	ch.state = ChannelOpen
	s.opened++
	c.events.post(func(e Events) { e.ChannelOpened(ch.id) })
}

// CloseChannel closes a data channel, after what was sent through it; false: there is none
// with that id. Events hears of it at once: the original does not wait for the peer either.
func (c *Conn) CloseChannel(id int) bool {
	s := &c.channels
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.find(id)
	if ch == nil || ch.state == ChannelClosing || ch.carrier == nil && !ch.ours {
		return false
	}
	if ch.carrier == nil {
		s.forget(c, ch)
		return true
	}
	s.close(c, ch)
	_ = ch.carrier.Close() // fails when the association has ended, and the channel with it
	return true
}

// close is called locked.
func (s *channels) close(c *Conn, ch *channel) {
	if ch.ours || ch.state == ChannelOpen {
		s.closed++
		c.events.post(func(e Events) { e.ChannelClosed(ch.id) })
	}
	ch.state = ChannelClosing
}

// forget is called locked.
func (s *channels) forget(c *Conn, ch *channel) {
	if ch.state != ChannelClosing {
		s.close(c, ch)
	}
	s.list = slices.DeleteFunc(s.list, func(o *channel) bool { return o == ch })
}

// gone is told that a channel cannot be read any more: closed by the peer, or with the association.
func (s *channels) gone(c *Conn, ch *channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch.carrier != nil {
		_ = ch.carrier.Close() // nothing to do when the peer closed it
	}
	s.forget(c, ch)
}

// over is told that there is no association any more.
func (s *channels) over(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.association, s.ended = nil, true
	for _, ch := range slices.Clone(s.list) {
		s.forget(c, ch)
	}
	if n := s.dropped.Load(); n > 0 {
		c.log.Warn().Uint64("messages", n).Msg("data channels have dropped messages")
	}
}

// SendMessage sends a message through every open data channel. It does not block and
// does not keep message; any goroutine may call it. What a slow peer leaves no room for
// is counted and dropped.
func (c *Conn) SendMessage(text bool, message []byte) {
	s := &c.channels
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ch := range s.list {
		if ch.state != ChannelOpen || s.association == nil {
			continue
		}
		if s.association.BufferedAmount()+len(message) > maxBuffered || !ch.send(text, message) {
			if s.dropped.Add(1) == 1 {
				c.log.Warn().Uint16("id", ch.id).Int("bytes", len(message)).Msg("data channel drops messages: the peer is too slow, or a message is too long")
			}
		}
	}
}

func (ch *channel) send(text bool, message []byte) bool {
	if _, err := ch.carrier.WriteDataChannel(message, text); err != nil {
		return false // too long, or closed meanwhile
	}
	ch.sent.add(len(message))
	return true
}

// ChannelsStats describes the data channels of a connection.
type ChannelsStats struct {
	Opened, Closed int // so far
	Dropped        uint64
	Channels       []ChannelStats // that are there
}

// ChannelStats describes one data channel; bytes are of messages.
type ChannelStats struct {
	ID                              uint16
	Label, Protocol                 string
	State                           ChannelState
	MessagesSent, BytesSent         uint64
	MessagesReceived, BytesReceived uint64
}

// ChannelsStats may be called at any time; false: data channels were not negotiated.
func (c *Conn) ChannelsStats() (st ChannelsStats, ok bool) {
	s := &c.channels
	s.mu.Lock()
	defer s.mu.Unlock()
	st = ChannelsStats{Opened: s.opened, Closed: s.closed, Dropped: s.dropped.Load()}
	for _, ch := range s.list {
		st.Channels = append(st.Channels, ChannelStats{
			ID: ch.id, Label: ch.config.Label, Protocol: ch.config.Protocol, State: ch.state,
			MessagesSent: ch.sent.messages.Load(), BytesSent: ch.sent.bytes.Load(),
			MessagesReceived: ch.received.messages.Load(), BytesReceived: ch.received.bytes.Load(),
		})
	}
	return st, s.ports.negotiated()
}
