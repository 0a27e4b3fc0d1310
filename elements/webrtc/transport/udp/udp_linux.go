//go:build linux && !portable

package udp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr of recvmmsg(2): a header and what the kernel says of it.
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32 // bytes received or sent
}

// Address is an address as the kernel wants it, encoded once per destination.
type Address struct {
	raw [unix.SizeofSockaddrInet6]byte
	n   uint32

	control  [controlSize]byte // how packets to it are marked
	controls int               // bytes of it; 0: not at all
}

// controlSize is a control message with an int (cmsg(3)), on 64-bit systems; smaller ones need less.
const controlSize = 24

// Mark gives packets to s a DSCP (RFC 2474), 0 for none.
func (s *Address) Mark(dscp uint8) {
	s.controls = 0
	if dscp == 0 {
		return
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&s.control[0]))
	h.Level, h.Type = unix.IPPROTO_IP, unix.IP_TOS
	if s.n == unix.SizeofSockaddrInet6 {
		h.Level, h.Type = unix.IPPROTO_IPV6, unix.IPV6_TCLASS
	}
	h.SetLen(unix.CmsgLen(4))
	binary.NativeEndian.PutUint32(s.control[unix.CmsgLen(0):], uint32(dscp)<<2)
	s.controls = unix.CmsgSpace(4)
}

// NewAddress encodes addr for a socket of its own family.
func NewAddress(addr netip.AddrPort) (s Address) {
	ip := addr.Addr().Unmap()
	if ip.Is4() {
		binary.NativeEndian.PutUint16(s.raw[0:], unix.AF_INET)
		binary.BigEndian.PutUint16(s.raw[2:], addr.Port())
		a := ip.As4()
		copy(s.raw[4:], a[:])
		s.n = unix.SizeofSockaddrInet4
		return s
	}
	binary.NativeEndian.PutUint16(s.raw[0:], unix.AF_INET6)
	binary.BigEndian.PutUint16(s.raw[2:], addr.Port())
	a := ip.As16()
	copy(s.raw[8:], a[:])
	s.n = unix.SizeofSockaddrInet6
	return s
}

// source decodes the address that the kernel wrote into raw.
func source(raw *[unix.SizeofSockaddrInet6]byte) Key {
	port := binary.BigEndian.Uint16(raw[2:])
	if binary.NativeEndian.Uint16(raw[0:]) == unix.AF_INET {
		k := Key{port: port}
		k.ip[10], k.ip[11] = 0xff, 0xff
		copy(k.ip[12:], raw[4:8])
		return k
	}
	return Key{ip: [16]byte(raw[8:24]), port: port}
}

// Conn is one UDP socket: batches in, batches out. Reading belongs to one
// goroutine, sending may be done by any.
type Conn struct {
	conn *net.UDPConn
	raw  syscall.RawConn

	hdrs  []mmsghdr
	iovs  []unix.Iovec
	names [][unix.SizeofSockaddrInet6]byte
	bufs  [][MaxSize]byte

	tryRead func(fd uintptr) bool // made once: a closure per read would be allocated
	got     int
	failure error
}

// New takes a socket over. batch is how many packets it reads at a time, at most.
func New(conn *net.UDPConn, batch int) (*Conn, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	c := &Conn{
		conn: conn, raw: raw,
		hdrs: make([]mmsghdr, batch), iovs: make([]unix.Iovec, batch),
		names: make([][unix.SizeofSockaddrInet6]byte, batch), bufs: make([][MaxSize]byte, batch),
	}
	for i := range c.hdrs {
		c.iovs[i].Base = &c.bufs[i][0]
		c.iovs[i].SetLen(MaxSize)
		h := &c.hdrs[i].hdr
		h.Name = &c.names[i][0]
		h.Iov = &c.iovs[i]
		h.SetIovlen(1)
	}
	c.tryRead = c.recvmmsg
	return c, nil
}

// Read waits for packets and returns how many there are.
func (c *Conn) Read() (int, error) {
	if err := c.raw.Read(c.tryRead); err != nil {
		return 0, err
	}
	return c.got, c.failure
}

// recvmmsg reads what is there; false: wait for more.
func (c *Conn) recvmmsg(fd uintptr) bool {
	for i := range c.hdrs {
		c.hdrs[i].hdr.Namelen = unix.SizeofSockaddrInet6
	}
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&c.hdrs[0])), uintptr(len(c.hdrs)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			c.got, c.failure = int(n), nil
			return true
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			c.got, c.failure = 0, errno
			return true
		}
	}
}

// Packet returns packet i of the last read and where it came from; the bytes
// are valid until the next read. A packet that was too long is empty.
func (c *Conn) Packet(i int) ([]byte, Key) {
	h := &c.hdrs[i]
	if h.hdr.Flags&unix.MSG_TRUNC != 0 {
		return nil, Key{}
	}
	return c.bufs[i][:h.n], source(&c.names[i])
}

var errNotSent = errors.New("the system did not take a packet")

// Send sends one packet now. It does not wait: a full send buffer is an error.
func (c *Conn) Send(p []byte, to *Address) error {
	if len(p) == 0 {
		return nil
	}
	if to.controls > 0 {
		out := NewOutbox(1)
		out.Add(p, to)
		if out.Send(c) > 0 {
			return errNotSent
		}
		return nil
	}
	var errno syscall.Errno
	err := c.raw.Control(func(fd uintptr) {
		for {
			_, _, errno = unix.Syscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)),
				unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&to.raw[0])), uintptr(to.n))
			if errno != unix.EINTR {
				return
			}
		}
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return err
}

// Outbox is packets on their way to sendmmsg(2).
type Outbox struct {
	hdrs []mmsghdr
	iovs []unix.Iovec
	n    int

	call   func(fd uintptr) // made once: a closure per call would be allocated
	failed int
}

// NewOutbox makes one for size packets.
func NewOutbox(size int) *Outbox {
	o := &Outbox{hdrs: make([]mmsghdr, size), iovs: make([]unix.Iovec, size)}
	for i := range o.hdrs {
		o.hdrs[i].hdr.Iov = &o.iovs[i]
		o.hdrs[i].hdr.SetIovlen(1)
	}
	o.call = o.sendmmsg
	return o
}

// Full tells whether there is no room for another packet.
func (o *Outbox) Full() bool { return o.n == len(o.hdrs) }

// Add appends packet p, which must stay where it is until send.
func (o *Outbox) Add(p []byte, to *Address) {
	o.iovs[o.n].Base = &p[0]
	o.iovs[o.n].SetLen(len(p))
	h := &o.hdrs[o.n].hdr
	h.Name = &to.raw[0]
	h.Namelen = to.n
	h.Control = nil
	if to.controls > 0 {
		h.Control = &to.control[0]
	}
	h.SetControllen(to.controls)
	o.n++
}

// Send sends everything through c and returns how many packets the kernel did not take.
// Control, not Write: producers need not wait for each other's calls.
func (o *Outbox) Send(c *Conn) (failed int) {
	o.failed = 0
	if c.raw.Control(o.call) != nil {
		o.failed = o.n
	}
	o.n = 0
	return o.failed
}

// sendmmsg stops at a packet that fails; that one is skipped. When the send
// buffer is full the rest is dropped: a reader must not wait for it.
func (o *Outbox) sendmmsg(fd uintptr) {
	for at := 0; at < o.n; {
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&o.hdrs[at])), uintptr(o.n-at),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			at += int(n)
		case unix.EINTR:
		case unix.EAGAIN:
			o.failed += o.n - at
			return
		default:
			o.failed++
			at++
		}
	}
}
