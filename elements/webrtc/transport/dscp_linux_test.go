//go:build linux && !portable

package transport

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"golang.org/x/sys/unix"

	"github.com/rivero-media/rivero/elements/webrtc/transport/srtp"
	"github.com/rivero-media/rivero/elements/webrtc/transport/udp"
	"github.com/rivero-media/rivero/pipeline/media"
)

// markReader is a socket that sees how packets are marked.
func markReader(t *testing.T, ip string) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Skipf("no address %s here: %v", ip, err)
	}
	t.Cleanup(func() { conn.Close() })
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	control := raw.Control(func(fd uintptr) {
		if err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVTOS, 1); net.ParseIP(ip).To4() == nil {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVTCLASS, 1)
		}
	})
	if control != nil || err != nil {
		t.Fatal(control, err)
	}
	return conn
}

// marks reads n packets and returns what is in their TOS or TCLASS.
func marks(t *testing.T, conn *net.UDPConn, n int) (list []int) {
	t.Helper()
	buf, oob := make([]byte, 2048), make([]byte, 200)
	for range n {
		_ = conn.SetReadDeadline(time.Now().Add(limit))
		_, m, _, _, err := conn.ReadMsgUDP(buf, oob)
		if err != nil {
			t.Fatal(err)
		}
		messages, err := unix.ParseSocketControlMessage(oob[:m])
		if err != nil || len(messages) != 1 {
			t.Fatalf("%v %v", messages, err)
		}
		if d := messages[0].Data; len(d) == 4 {
			list = append(list, int(binary.NativeEndian.Uint32(d)))
		} else {
			list = append(list, int(d[0]))
		}
	}
	return list
}

func TestPacketsAreMarked(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		t.Run(ip, func(t *testing.T) {
			to := markReader(t, ip)
			s, err := listen(netip.AddrPortFrom(netip.MustParseAddr(ip), 0), "lo", testLog(t))
			if err != nil {
				t.Fatal(err)
			}
			go s.readLoop()
			t.Cleanup(s.close)
			addr := to.LocalAddr().(*net.UDPAddr).AddrPort()
			var conns []*Conn
			for _, dscp := range []uint8{0, 46, 63, 0} {
				conns = append(conns, wiredWith(t, s, addr, srtp.AEADAES128GCM, ConnConfig{Handler: &deafHandler{}, DSCP: dscp}))
				s.removePeer(udp.KeyOf(addr), conns[len(conns)-1].host(s)) // one peer of them all, for once
			}
			want := []int{0, 46 << 2, 63 << 2, 0}
			var b media.Burst
			for range 2 { // the second time with the slots of the first
				for i := range conns {
					conns[len(conns)-1-i].WriteRTP(&rtp.Header{Version: 2, SSRC: 5}, []byte("x"), &b)
				}
				b.Flush()
				for i := range conns {
					conns[i].WriteRTP(&rtp.Header{Version: 2, SSRC: 6}, []byte("x"), &b)
				}
				b.Flush()
				if got := marks(t, to, 8); !slices.Equal(got[4:], want) {
					t.Errorf("media marked %v, want %v", got, want)
				}
				for _, c := range conns {
					c.WriteRTCP([]byte{0x80, 201, 0, 1, 0, 0, 0, 7})
				}
				if got := marks(t, to, 4); !slices.Equal(got, want) {
					t.Errorf("RTCP marked %v, want %v", got, want)
				}
			}
		})
	}
}

func TestAllPacketsOfAConnectionAreMarked(t *testing.T) {
	s := newSide(t, ConnConfig{Pool: newTestPool(t, PoolConfig{Interfaces: []string{loopbackName(t)}}), DSCP: 34})
	gather(t, s)
	to := markReader(t, "127.0.0.1")
	if err := s.Start(handRemote(s, handUfrag, handPwd)); err != nil {
		t.Fatal(err)
	}
	if err := s.AddRemoteCandidate("candidate:1 1 UDP 1 127.0.0.1 " + portText(to.LocalAddr().(*net.UDPAddr).AddrPort()) + " typ host"); err != nil {
		t.Fatal(err)
	}
	if got := marks(t, to, 1); got[0] != 34<<2 { // a check
		t.Errorf("marked %v", got)
	}
	if _, err := NewConn(ConnConfig{Pool: s.pool, Certificate: s.cfg.Certificate, Handler: s, DSCP: 64}); err == nil {
		t.Error("a DSCP of 64 was accepted")
	}
}

func TestAStreamOfItsOwnIsMarked(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		to := markReader(t, ip)
		conn, err := net.Dial("udp", to.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		markStream(conn, 46)
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if got := marks(t, to, 1); got[0] != 46<<2 {
			t.Errorf("%s: marked %v", ip, got)
		}
	}
}
