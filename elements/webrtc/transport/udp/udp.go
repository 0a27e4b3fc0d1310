// Package udp reads and sends UDP in batches: one system call for many packets where the system has one. It allocates
// nothing per packet and knows nothing of what is in them.
package udp

import "net/netip"

// MaxSize bounds what is read, in bytes; longer packets are dropped.
const MaxSize = 2048

// Key is an address and port as a map key: IPv4 in its IPv6 form, no zone.
// It hashes faster than netip.AddrPort.
type Key struct {
	ip   [16]byte
	port uint16
}

// KeyOf is the key of an address.
func KeyOf(a netip.AddrPort) Key { return Key{ip: a.Addr().As16(), port: a.Port()} }

// AddrPort is the address again.
func (k Key) AddrPort() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(k.ip).Unmap(), k.port)
}

// Close ends a Read under way, too. It may be called twice.
func (c *Conn) Close() { _ = c.conn.Close() }
