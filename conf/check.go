package conf

import "errors"

// ErrNoPort says that the configuration leaves the server without a port to listen on.
var ErrNoPort = errors.New("no port to listen on: set mediaServer.net.websocket.port, or secure.port with secure.certificate")

// check settles what depends on more than one value.
func (l *loader) check() error {
	l.checkBitrates()
	l.checkPortRange()
	return l.checkListeners()
}

func (l *loader) checkListeners() error {
	ws := &l.config.WebSocket
	// "Comment out the line to disable", says the shipped file about both ports. With
	// nothing configured the built-in 8888 stays; a file that turns wss on and leaves
	// port out means wss alone.
	securePort, isSecure := l.config.origins[keySecurePort]
	if _, set := l.config.origins[keyPort]; !set && isSecure && ws.Secure.Port != 0 {
		ws.Port = 0
		l.config.origins[keyPort] = securePort
	}
	if ws.Secure.Port != 0 && ws.Secure.Certificate == "" {
		l.warn(securePort, keySecurePort, "wss is off: it needs secure.certificate")
		ws.Secure.Port = 0
	}
	if ws.Port == 0 && ws.Secure.Port == 0 {
		return ErrNoPort
	}
	if ws.Port == ws.Secure.Port {
		l.warn(securePort, keySecurePort, "wss is off: port %d is taken by ws", ws.Port)
		ws.Secure.Port = 0
	}
	return nil
}

func (l *loader) checkPortRange() {
	r := &l.config.BaseRtpEndpoint
	if r.MinPort > r.MaxPort {
		l.warn(l.config.origins[keyMinPort], keyMinPort, "%d is above maxPort %d, they are swapped", r.MinPort, r.MaxPort)
		r.MinPort, r.MaxPort = r.MaxPort, r.MinPort
	}
}

func (l *loader) checkBitrates() {
	m := &l.config.MediaElement
	if m.MaxEncoderBitrate != 0 && m.MinEncoderBitrate > m.MaxEncoderBitrate {
		l.warn(l.config.origins[keyMinBitrate], keyMinBitrate, "%d is above maxEncoderBitrate %d, which is used for both",
			m.MinEncoderBitrate, m.MaxEncoderBitrate)
		m.MinEncoderBitrate = m.MaxEncoderBitrate
	}
}
