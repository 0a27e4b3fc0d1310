package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

var browserPorts = SCTPPorts{sctpPort, sctpPort}

// dataSides are two sides that will have data channels between them: the first offers, the second is the DTLS client.
func dataSides(t testing.TB, ports SCTPPorts) (a, b *side) {
	t.Helper()
	pool := newTestPool(t, PoolConfig{Loopback: true, Interfaces: []string{"lo"}})
	a, b = newSide(t, ConnConfig{Pool: pool}), newSide(t, ConnConfig{Pool: pool})
	a.sctp, b.sctp = ports, SCTPPorts{ports.Remote, ports.Local}
	return a, b
}

// openBetween opens a channel from a to b and waits until both know.
func openBetween(t testing.TB, a, b *side, config ChannelConfig) uint16 {
	t.Helper()
	id, err := a.OpenChannel(config)
	if err != nil {
		t.Fatal(err)
	}
	a.waitFor(fmt.Sprint("opened ", id))
	b.waitFor(fmt.Sprint("opened ", id))
	return id
}

func (s *side) waitForMessages(want ...string) {
	s.t.Helper()
	s.wait("messages", func() bool { return len(s.messages) >= len(want) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.messages, want) {
		s.t.Errorf("%d messages came, not the %d that were sent", len(s.messages), len(want))
	}
	s.messages = nil
}

func TestDataChannels(t *testing.T) {
	for _, ports := range []SCTPPorts{browserPorts, {40000, 41000}} {
		t.Run(fmt.Sprint("ports ", ports.Local, " and ", ports.Remote), func(t *testing.T) {
			t.Parallel()
			a, b := dataSides(t, ports)
			if _, err := a.OpenChannel(ChannelConfig{}); !errors.Is(err, ErrNoChannels) {
				t.Errorf("a channel before anything was negotiated: %v", err)
			}
			join(t, a, b)
			first := openBetween(t, a, b, ChannelConfig{Label: "first", Protocol: "p", Ordered: true, MaxPacketLifeTime: -1, MaxRetransmits: -1}) // queued
			second := openBetween(t, b, a, ChannelConfig{Label: "second", Ordered: true, MaxPacketLifeTime: -1, MaxRetransmits: -1})
			if first != 1 || second != 0 {
				t.Errorf("ids %d of the DTLS server, %d of the client", first, second)
			}
			if !b.CloseChannel(0) {
				t.Error("an open channel cannot be closed")
			}
			a.waitFor("closed 0")
			b.waitFor("closed 0")
			long := strings.Repeat("x", MaxMessage)
			a.SendMessage(true, []byte("hello"))
			a.SendMessage(false, []byte{0, 1, 2})
			a.SendMessage(true, nil)
			a.SendMessage(false, nil)
			a.SendMessage(true, []byte(long))
			b.waitForMessages("text hello", "binary \x00\x01\x02", "text ", "binary ", "text "+long)
			st, ok := b.ChannelsStats()
			want := ChannelStats{ID: 1, Label: "first", Protocol: "p", State: ChannelOpen, MessagesReceived: 5, BytesReceived: 8 + MaxMessage}
			if !ok || st.Opened != 2 || st.Closed != 1 || st.Dropped != 0 || !slices.Equal(st.Channels, []ChannelStats{want}) {
				t.Errorf("statistics %+v", st)
			}
			if a.CloseChannel(77) {
				t.Error("a channel that is not there was closed")
			}
			a.CloseChannel(1)
			a.waitFor("closed 1")
			b.waitFor("closed 1")
			if a.CloseChannel(1) {
				t.Error("a channel can be closed twice")
			}
			for _, s := range []*side{a, b} {
				if got := slices.Sorted(slices.Values(append(s.heard("opened"), s.heard("closed")...))); !slices.Equal(got, []string{"closed 0", "closed 1", "opened 0", "opened 1"}) {
					t.Errorf("heard %v", got)
				}
			}
		})
	}
}

func TestMediaFlowsBesideDataChannels(t *testing.T) {
	a, b := dataSides(t, browserPorts)
	connect(t, a, b)
	exchange(t, a, b, 20)
	exchange(t, b, a, 20)
	openBetween(t, a, b, ChannelConfig{Ordered: true}) // DTLS was not retired
	a.SendMessage(true, []byte("after media"))
	b.waitForMessages("text after media")
}

func TestSeveralChannelsCarryEachMessage(t *testing.T) {
	a, b := dataSides(t, browserPorts)
	connect(t, a, b)
	for range 3 {
		openBetween(t, a, b, ChannelConfig{Ordered: true})
	}
	a.SendMessage(true, []byte("all"))
	b.waitForMessages("text all", "text all", "text all")
	for n := 3; ; n++ {
		if _, err := a.OpenChannel(ChannelConfig{}); errors.Is(err, ErrTooManyChannels) {
			if n != maxChannels {
				t.Errorf("%d channels are too many, the limit is %d", n, maxChannels)
			}
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.OpenChannel(ChannelConfig{Label: strings.Repeat("x", maxChannelName+1)}); err == nil {
		t.Error("a label may have any length")
	}
}

func TestASlowPeerCostsMessagesNotTime(t *testing.T) {
	a, b := dataSides(t, browserPorts)
	release := make(chan struct{})
	b.onMessage = func([]byte) { <-release } // breaks the contract, as a peer that reads slowly would look
	connect(t, a, b)
	openBetween(t, a, b, ChannelConfig{Ordered: true, MaxPacketLifeTime: -1, MaxRetransmits: -1})
	message, slowest := bytes.Repeat([]byte("m"), 16<<10), time.Duration(0)
	for range 1000 { // 16 MB: eight times what both ends may hold
		begun := time.Now()
		a.SendMessage(false, message)
		slowest = max(slowest, time.Since(begun))
	}
	st, _ := a.ChannelsStats()
	if st.Dropped == 0 || st.Dropped+st.Channels[0].MessagesSent != 1000 {
		t.Errorf("%d dropped and %d sent of 1000", st.Dropped, st.Channels[0].MessagesSent)
	}
	if slowest > 2*time.Second {
		t.Errorf("the source waited %v", slowest)
	}
	close(release)
	sent := int(st.Channels[0].MessagesSent)
	b.wait("what was not dropped", func() bool { return len(b.messages) == sent })
}

func TestATooLongMessageClosesItsChannel(t *testing.T) {
	a, b := dataSides(t, browserPorts)
	connect(t, a, b)
	long, short := openBetween(t, a, b, ChannelConfig{Ordered: true}), openBetween(t, a, b, ChannelConfig{Ordered: true})
	a.SendMessage(false, make([]byte, MaxMessage+1))
	if st, _ := a.ChannelsStats(); st.Dropped != 2 {
		t.Errorf("%d dropped of a message that is too long for two channels", st.Dropped)
	}
	a.channels.mu.Lock()
	a.channels.association.SetMaxMessageSize(2 * MaxMessage)
	if !a.channels.find(int(long)).send(false, make([]byte, MaxMessage+1)) {
		t.Error("the test cannot send")
	}
	a.channels.mu.Unlock()
	b.waitFor(fmt.Sprint("closed ", long))
	a.waitFor(fmt.Sprint("closed ", long))
	a.SendMessage(true, []byte("still here"))
	b.waitForMessages("text still here")
	if got := b.heard("closed"); len(got) != 1 {
		t.Errorf("closed %v, but %d is fine", got, short)
	}
}

func TestAPanicOfTheMessageHandlerIsReported(t *testing.T) {
	a, b := dataSides(t, browserPorts)
	b.onMessage = func([]byte) { panic("no good") }
	connect(t, a, b)
	openBetween(t, a, b, ChannelConfig{Ordered: true})
	a.SendMessage(true, []byte("boom"))
	b.waitFor("broken no good")
	a.SendMessage(true, []byte("nobody hears this"))
}

func TestThePeersEndClosesTheChannels(t *testing.T) {
	a, b := dataSides(t, browserPorts)
	connect(t, a, b)
	id := openBetween(t, a, b, ChannelConfig{Ordered: true})
	b.Close()
	a.waitFor(fmt.Sprint("closed ", id))
	a.waitFor("dtls CLOSED")
	if _, err := a.OpenChannel(ChannelConfig{}); !errors.Is(err, ErrClosed) {
		t.Errorf("a channel without a peer: %v", err)
	}
	a.SendMessage(true, []byte("nobody there"))
}

// The association alone may end: media goes on.
func TestTheEndOfTheAssociationLeavesMedia(t *testing.T) {
	a, b := dataSides(t, browserPorts)
	connect(t, a, b)
	id := openBetween(t, a, b, ChannelConfig{Ordered: true})
	b.channels.mu.Lock()
	association := b.channels.association
	b.channels.mu.Unlock()
	association.Abort("enough")
	a.waitFor(fmt.Sprint("closed ", id))
	b.waitFor(fmt.Sprint("closed ", id))
	exchange(t, a, b, 20)
	if slices.Contains(a.heard("dtls"), "dtls CLOSED") {
		t.Error("DTLS ended with the association")
	}
}

// Close returns at every stage with nothing left behind; TestMain looks.
func TestCloseWhileChannelsOpen(t *testing.T) {
	for stage, until := range map[string]func(a, b *side, id uint16){
		"queued":         func(*side, *side, uint16) {},
		"dtls begins":    func(a, _ *side, _ uint16) { a.waitFor("dtls CONNECTING") },
		"dtls connected": func(a, _ *side, _ uint16) { a.waitFor("dtls CONNECTED") },
		"open there":     func(_, b *side, id uint16) { b.waitFor(fmt.Sprint("opened ", id)) },
		"open":           func(a, _ *side, id uint16) { a.waitFor(fmt.Sprint("opened ", id)) },
		"closing":        func(a, _ *side, id uint16) { a.waitFor(fmt.Sprint("opened ", id)); a.CloseChannel(int(id)) },
		"queue closed":   func(a, _ *side, id uint16) { a.CloseChannel(int(id)) },
	} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			a, b := dataSides(t, browserPorts)
			join(t, a, b)
			id, err := a.OpenChannel(ChannelConfig{Label: "x", Ordered: true})
			if err != nil {
				t.Fatal(err)
			}
			until(a, b, id)
			a.SendMessage(true, []byte("going"))
			a.Close()
			a.Close()
			if _, err := a.OpenChannel(ChannelConfig{}); !errors.Is(err, ErrClosed) {
				t.Errorf("a channel after Close: %v", err)
			}
			a.CloseChannel(int(id))
			a.SendMessage(true, []byte("gone"))
		})
	}
}

func TestPacketsChangePortsInThePipe(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	pipe := &sctpPipe{Conn: here, ports: SCTPPorts{40000, 41000}, ended: make(chan struct{})}
	packet, buf := make([]byte, 20), make([]byte, 100)
	setPorts(packet, 41000, 40000)
	sent := slices.Clone(packet)
	go there.Write(packet)
	if n, err := pipe.Read(buf); err != nil || n != len(packet) || binary.BigEndian.Uint32(buf) != sctpPort<<16|sctpPort {
		t.Errorf("read %x, %v", buf[:n], err)
	}
	go pipe.Write(sent)
	if n, err := there.Read(buf); err != nil || n != len(packet) || binary.BigEndian.Uint32(buf) != 40000<<16|41000 {
		t.Errorf("sent %x, %v", buf[:n], err)
	}
	if !bytes.Equal(sent, packet) {
		t.Error("the writer's packet was changed")
	}
	pipe.Close()
	if _, err := pipe.Read(buf); err == nil {
		t.Error("a closed pipe is read")
	}
	<-pipe.ended
}

func FuzzSetPorts(f *testing.F) {
	f.Add([]byte{}, uint16(1), uint16(2))
	f.Add(make([]byte, sctpHeader-1), uint16(5000), uint16(5000))
	f.Add([]byte("\x13\x88\x13\x88\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x04"), uint16(40000), uint16(5000))
	f.Fuzz(func(t *testing.T, p []byte, source, destination uint16) {
		before := slices.Clone(p)
		setPorts(p, source, destination)
		if len(p) < sctpHeader {
			if !bytes.Equal(p, before) {
				t.Error("what is no packet was changed")
			}
			return
		}
		if !bytes.Equal(p[4:8], before[4:8]) || !bytes.Equal(p[sctpHeader:], before[sctpHeader:]) ||
			binary.BigEndian.Uint16(p) != source || binary.BigEndian.Uint16(p[2:]) != destination {
			t.Errorf("%x became %x", before, p)
		}
		sum := binary.LittleEndian.Uint32(p[8:])
		clear(p[8:sctpHeader])
		if sum != crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)) {
			t.Error("wrong checksum")
		}
	})
}
