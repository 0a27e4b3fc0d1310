package transport

import (
	"net"
	"net/netip"
	"slices"
)

// localAddress is an address of this machine that candidates may name.
type localAddress struct {
	ip    netip.Addr
	iface string
}

// localAddresses lists the addresses for candidates. With interface names, only
// those interfaces count and of each the first address per family, as Kurento
// does. Loopback counts when asked for, when named, or when there is nothing
// else. Link-local addresses never do (RFC 8445 §5.1.1.1 for IPv6).
func localAddresses(names []string, ipv6, loopback bool) ([]localAddress, error) {
	ifaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var found, loop []localAddress
	for _, iface := range ifaces {
		if iface.Flags&net.FlagUp == 0 || len(names) > 0 && !slices.Contains(names, iface.Name) {
			continue
		}
		addrs, err := iface.Addrs()
		if err != nil {
			continue // the interface went away meanwhile
		}
		var have4, have6 bool
		for _, a := range addrs {
			prefix, ok := a.(*net.IPNet)
			if !ok {
				continue
			}
			ip, ok := netip.AddrFromSlice(prefix.IP)
			if ip = ip.Unmap(); !ok || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.Is6() && !ipv6 {
				continue
			}
			if len(names) > 0 && (ip.Is4() && have4 || ip.Is6() && have6) {
				continue
			}
			have4, have6 = have4 || ip.Is4(), have6 || ip.Is6()
			if one := (localAddress{ip, iface.Name}); ip.IsLoopback() {
				loop = append(loop, one)
			} else {
				found = append(found, one)
			}
		}
	}
	if loopback || len(found) == 0 || len(names) > 0 {
		found = append(found, loop...)
	}
	return found, nil
}
