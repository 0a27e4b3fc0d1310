package doctor

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"

	"github.com/rivero-media/rivero/conf"
	"github.com/rivero-media/rivero/server/internal/publicip"
)

// knowledge is what the checks of the network tell each other.
type knowledge struct {
	running bool         // a server with this configuration answers
	locals  []netip.Addr // addresses that host candidates can have
	mapped  netip.Addr   // how STUN servers see us over IPv4; zero: unknown
	relay   *relay       // the first TURN allocation that works; nil: none
}

// addresses lists what host candidates can name.
func (x *examiner) addresses() {
	wanted := x.config.WebRtcEndpoint.NetworkInterfaces
	ifaces, err := net.Interfaces()
	if err != nil {
		x.found("addresses", "", Failure, err.Error())
		return
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(ifaces, func(i net.Interface) bool { return i.Name == name }) {
			x.found("addresses", name, Failure, "networkInterfaces names an interface that this machine does not have")
		}
	}
	var texts []string
	for _, i := range ifaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 || len(wanted) > 0 && !slices.Contains(wanted, i.Name) {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			x.found("addresses", i.Name, Warning, err.Error())
			continue
		}
		for _, a := range addrs {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil && !prefix.Addr().IsLinkLocalUnicast() {
				x.net.locals = append(x.net.locals, prefix.Addr())
				texts = append(texts, prefix.Addr().String()+" ("+i.Name+")")
			}
		}
	}
	if len(texts) == 0 {
		x.found("addresses", "", Failure, "no interface with an address is up, so there is nothing that peers could connect to")
		return
	}
	x.found("addresses", "", OK, strings.Join(texts, ", "))
}

// external finds the addresses that "auto" stands for.
func (x *examiner) external() {
	w := &x.config.WebRtcEndpoint
	for _, family := range []struct {
		name    string
		v6      bool
		setting *string
	}{{"externalIPv4", false, &w.ExternalIPv4}, {"externalIPv6", true, &w.ExternalIPv6}} {
		if *family.setting != conf.Auto {
			continue
		}
		addr, err := publicip.Find(x.ctx, family.v6, w.StunServerAddress.Addresses(w.StunServerPort))
		if err != nil {
			*family.setting = ""
			x.found("external", family.name, Failure, "auto finds no address: "+strings.ReplaceAll(err.Error(), "\n", "; "), "Write the address itself.")
			continue
		}
		*family.setting = addr.String()
		x.found("external", family.name, OK, "auto finds "+addr.String())
	}
}

// portRange are the UDP ports of media.
func (x *examiner) portRange() (low, high int) {
	if mux := x.config.WebRtcEndpoint.UDPMuxPort; mux != 0 {
		return mux, mux
	}
	return x.config.BaseRtpEndpoint.MinPort, x.config.BaseRtpEndpoint.MaxPort
}

// udpPorts tries every port of the range.
func (x *examiner) udpPorts() {
	low, high := x.portRange()
	free := 0
	var problem error
	for port := low; port <= high; port++ {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port})
		if err != nil {
			problem = err
			continue
		}
		conn.Close()
		free++
	}
	text := fmt.Sprintf("%d of %d ports from %d to %d are free", free, high-low+1, low, high)
	switch need := runtime.GOMAXPROCS(0); {
	case free == 0 && x.net.running:
		x.found("udp", "", Note, text+": the running server has them", "Stop it to examine the ports themselves.")
	case free == 0:
		x.found("udp", "", Failure, fmt.Sprintf("%s: %v", text, problem), "Another program uses them, or the system reserves them.")
	case free < need && low != high && !x.net.running:
		x.found("udp", "", Warning, fmt.Sprintf("%s, fewer than the %d processors", text, need), "The server shares a port per processor among all connections.")
	default:
		x.found("udp", "", OK, text)
	}
}

var errNoFreePort = errors.New("no port of the range is free")

// listenInRange opens a socket such as the server's: on a port of the range.
func (x *examiner) listenInRange() (*net.UDPConn, error) {
	low, high := x.portRange()
	for port := low; port <= high; port++ {
		if conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port}); err == nil {
			return conn, nil
		}
	}
	return nil, errNoFreePort
}
