package srtp

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp"
	pion "github.com/pion/srtp/v3"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var profiles = []Profile{AES128CMSHA1_80, AES128CMSHA1_32, AES256CMSHA1_80, AES256CMSHA1_32, AEADAES128GCM, AEADAES256GCM}

// keysFor makes key and salt out of a number.
func keysFor(p Profile, n byte) (key, salt []byte) {
	key, salt = make([]byte, p.KeyLen()), make([]byte, p.SaltLen())
	for i := range key {
		key[i] = n + byte(i)*7
	}
	for i := range salt {
		salt[i] = n ^ byte(i)*13
	}
	return key, salt
}

func newPair(t testing.TB, p Profile) (*Sender, *Receiver) {
	t.Helper()
	key, salt := keysFor(p, 3)
	s, err := NewSender(p, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReceiver(p, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func newOracle(t testing.TB, p Profile) *pion.Context {
	t.Helper()
	key, salt := keysFor(p, 3)
	c, err := pion.CreateContext(key, salt, pion.ProtectionProfile(p), pion.SRTPReplayProtection(windowSize))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// packet makes a header in buf and a payload, usually short.
func packet(t testing.TB, rng *rand.Rand, buf []byte, ssrc uint32, seq uint16) (header int, payload []byte) {
	t.Helper()
	h := rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: seq, SSRC: ssrc, Timestamp: rng.Uint32(), Marker: rng.IntN(2) == 0}
	if rng.IntN(3) == 0 {
		h.CSRC = []uint32{1, 2}
	}
	if rng.IntN(2) == 0 {
		if err := h.SetExtension(3, []byte{1, 2, 3}); err != nil {
			t.Fatal(err)
		}
	}
	header, err := h.MarshalTo(buf)
	if err != nil {
		t.Fatal(err)
	}
	size := 100
	if rng.IntN(20) == 0 {
		size = 1200
	}
	payload = make([]byte, rng.IntN(size))
	for i := range payload {
		payload[i] = byte(rng.Uint32())
	}
	return header, payload
}

// The derivation vectors of RFC 3711 appendix B.3.
func TestKeyDerivationVectors(t *testing.T) {
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	master, err := aes.NewCipher(unhex("E1F97A0D3E018BE0D64FA32C06DE4139"))
	if err != nil {
		t.Fatal(err)
	}
	salt := unhex("0EC675AD498AFEEBB6960B3AABE6")
	for _, test := range []struct {
		label byte
		want  string
	}{
		{labelKey, "C61E7A93744F39EE10734AFE3FF7A087"},
		{labelSalt, "30CBBC08863D8C85D49DB34A9AE1"},
		{labelAuth, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"},
	} {
		if got := derive(master, salt, test.label, len(test.want)/2); !bytes.Equal(got, unhex(test.want)) {
			t.Errorf("label %d: %X, want %s", test.label, got, test.want)
		}
	}
}

// Both directions against another implementation: three streams over several
// wraps of the sequence number, reordered, repeated and with gaps.
func TestAgreesWithPionOver200000Packets(t *testing.T) {
	for _, p := range profiles {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			ours, opener := newPair(t, p)
			theirs, theirOpener := newOracle(t, p), newOracle(t, p)
			rng := rand.New(rand.NewPCG(1, uint64(p)))
			next := map[uint32]int{1: 65000, 0xfffffff0: 0, 77: 32767}
			var late [][]byte
			buf := make([]byte, 1600)
			accepted, refused := 0, 0
			check := func(protected []byte) {
				var h rtp.Header
				n, err := h.Unmarshal(protected)
				if err != nil {
					t.Fatal(err)
				}
				want, wantErr := theirOpener.DecryptRTP(nil, protected, nil)
				got, err := opener.Open(bytes.Clone(protected), n)
				if (err == nil) != (wantErr == nil) {
					t.Fatalf("ssrc %d seq %d: %v, pion says %v", h.SSRC, h.SequenceNumber, err, wantErr)
				}
				if err != nil {
					refused++
					return
				}
				accepted++
				if !bytes.Equal(got, want[n:]) {
					t.Fatalf("ssrc %d seq %d: other plaintext", h.SSRC, h.SequenceNumber)
				}
			}
			const total = 200_000 / 4
			for i := range total {
				ssrc := []uint32{1, 0xfffffff0, 77}[rng.IntN(3)]
				if rng.IntN(400) == 0 {
					next[ssrc] += rng.IntN(3000) // a gap
				}
				next[ssrc] += 1 + i%4*3 // fewer packets, more wraps
				header, payload := packet(t, rng, buf, ssrc, uint16(next[ssrc]))
				plain := append(bytes.Clone(buf[:header]), payload...)
				want, err := theirs.EncryptRTP(nil, plain, nil)
				if err != nil {
					t.Fatal(err)
				}
				n, err := ours.Protect(buf, header, payload)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(buf[:n], want) {
					t.Fatalf("packet %d: ssrc %d seq %d: protected bytes differ", i, ssrc, uint16(next[ssrc]))
				}
				switch rng.IntN(50) {
				case 0, 1, 2: // reordered
					late = append(late, want)
				case 3: // lost
				case 4: // repeated
					check(want)
					check(want)
				case 5: // broken
					broken := bytes.Clone(want)
					broken[header+rng.IntN(len(broken)-header)] ^= 1
					check(broken)
				default:
					check(want)
				}
				if len(late) > 0 && rng.IntN(40) == 0 {
					j := rng.IntN(len(late))
					check(late[j])
					late = append(late[:j], late[j+1:]...)
				}
			}
			for ssrc, n := range next {
				if n < 2<<16 {
					t.Errorf("ssrc %d wrapped less than twice", ssrc)
				}
			}
			t.Logf("%d accepted, %d refused", accepted, refused)
			if accepted < total*8/10 || refused < total/100 {
				t.Errorf("%d accepted, %d refused", accepted, refused)
			}
		})
	}
}

func TestReplayWindow(t *testing.T) {
	for _, p := range profiles {
		s, r := newPair(t, p)
		protected := map[int][]byte{}
		for seq := range 3 * windowSize {
			buf := make([]byte, 100)
			h := rtp.Header{Version: 2, SSRC: 5, SequenceNumber: uint16(seq)}
			n, err := h.MarshalTo(buf)
			if err != nil {
				t.Fatal(err)
			}
			if n, err = s.Protect(buf, n, []byte("x")); err != nil {
				t.Fatal(err)
			}
			protected[seq] = buf[:n]
		}
		open := func(seq int) error {
			_, err := r.Open(bytes.Clone(protected[seq]), 12)
			return err
		}
		for _, step := range []struct {
			seq  int
			want error
		}{
			{10, nil}, {10, ErrReplayed}, {9, nil}, {9, ErrReplayed}, {0, nil},
			{windowSize + 20, nil},
			{20, ErrReplayed}, // fell out of the window
			{21, nil},         // its last place
			{21, ErrReplayed},
			{windowSize + 19, nil},
			{3*windowSize - 1, nil}, // clears the whole window
			{2 * windowSize, nil},
			{2*windowSize - 1, ErrReplayed},
		} {
			if err := open(step.seq); !errors.Is(err, step.want) {
				t.Errorf("%v: packet %d: %v, want %v", p, step.seq, err, step.want)
			}
		}
	}
}

func TestForgedPacketsChangeNothing(t *testing.T) {
	s, r := newPair(t, AEADAES128GCM)
	buf := make([]byte, 100)
	h := rtp.Header{Version: 2, SSRC: 5, SequenceNumber: 7}
	n, err := h.MarshalTo(buf)
	if err != nil {
		t.Fatal(err)
	}
	n, err = s.Protect(buf, n, []byte("payload"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		forged := bytes.Clone(buf[:n])
		forged[8], forged[9], forged[3] = byte(i>>8), byte(i), 200
		if _, err := r.Open(forged, 12); !errors.Is(err, ErrAuth) {
			t.Fatalf("forged packet: %v", err)
		}
	}
	if len(r.streams) != 0 {
		t.Errorf("forged packets made %d streams", len(r.streams))
	}
	if _, err := r.Open(buf[:n], 12); err != nil {
		t.Errorf("the real packet: %v", err)
	}
}

func TestBadInput(t *testing.T) {
	for _, p := range profiles {
		s, r := newPair(t, p)
		buf := make([]byte, 64)
		if _, err := s.Protect(buf, 12, make([]byte, 60)); !errors.Is(err, ErrShort) {
			t.Errorf("%v: packet longer than the buffer: %v", p, err)
		}
		if _, err := s.Protect(buf, 8, nil); !errors.Is(err, ErrShort) {
			t.Errorf("%v: header too short: %v", p, err)
		}
		if _, err := r.Open(buf[:12], 12); !errors.Is(err, ErrShort) {
			t.Errorf("%v: no tag: %v", p, err)
		}
		if _, err := NewSender(p, buf[:5], nil); err == nil {
			t.Errorf("%v: short key accepted", p)
		}
	}
	if _, err := NewReceiver(99, nil, nil); err == nil {
		t.Error("unknown profile accepted")
	}
}

func TestTooManyStreams(t *testing.T) {
	packet := func(ssrc uint32) []byte {
		buf := make([]byte, 64)
		h := rtp.Header{Version: 2, SSRC: ssrc}
		if _, err := h.MarshalTo(buf); err != nil {
			t.Fatal(err)
		}
		return buf
	}
	s, r := newPair(t, AEADAES128GCM)
	for ssrc := range uint32(maxStreams) {
		buf := packet(ssrc)
		n, err := s.Protect(buf, 12, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Open(buf[:n], 12); err != nil {
			t.Fatal(err)
		}
	}
	one := packet(maxStreams)
	if _, err := s.Protect(one, 12, nil); !errors.Is(err, ErrStreams) {
		t.Errorf("sending one more: %v", err)
	}
	other, _ := newPair(t, AEADAES128GCM)
	n, err := other.Protect(one, 12, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(one[:n], 12); !errors.Is(err, ErrStreams) {
		t.Errorf("receiving one more: %v", err)
	}
}

func TestUsedUpKey(t *testing.T) {
	s, _ := newPair(t, AEADAES128GCM)
	s.highest[0] = maxIndex
	buf := make([]byte, 64)
	buf[0], buf[3] = 0x80, 1 // sequence number 1 is behind a wrap
	if _, err := s.Protect(buf, 12, nil); !errors.Is(err, ErrIndex) {
		t.Errorf("index beyond 48 bits: %v", err)
	}
}

// The only allocation is the counter-mode stream of the standard library.
func TestAllocations(t *testing.T) {
	for _, p := range profiles {
		want := 0.0
		if p != AEADAES128GCM && p != AEADAES256GCM {
			want = 1
		}
		s, r := newPair(t, p)
		payload := make([]byte, 1000)
		buf := make([]byte, 1200)
		seq := uint16(0)
		roundTrip := func() {
			seq++
			h := rtp.Header{Version: 2, SSRC: 9, SequenceNumber: seq}
			n, err := h.MarshalTo(buf)
			if err == nil {
				n, err = s.Protect(buf, n, payload)
			}
			if err == nil {
				_, err = r.Open(buf[:n], 12)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := testing.AllocsPerRun(1000, roundTrip); got > 2*want {
			t.Errorf("%v: %v allocations per packet sent and received, want %v", p, got, 2*want)
		}
	}
}

// FuzzOpen feeds the same bytes to our Receiver and to Pion's: they must agree
// on what is a packet, and nothing may panic.
func FuzzOpen(f *testing.F) {
	for i, p := range profiles {
		s, _ := newPair(f, p)
		rng := rand.New(rand.NewPCG(7, uint64(i)))
		buf := make([]byte, 1600)
		header, payload := packet(f, rng, buf, 5, 1000)
		n, err := s.Protect(buf, header, payload[:min(40, len(payload))])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(i), bytes.Clone(buf[:n]))
	}
	f.Add(byte(0), []byte{0x80})
	f.Fuzz(func(t *testing.T, which byte, pkt []byte) {
		if len(pkt) > 2048 {
			return
		}
		p := profiles[int(which)%len(profiles)]
		_, r := newPair(t, p)
		var h rtp.Header
		n, err := h.Unmarshal(pkt)
		if err != nil || h.Version != 2 {
			return
		}
		if h.ExtensionProfile == rtp.CryptexProfileOneByte || h.ExtensionProfile == rtp.CryptexProfileTwoByte {
			return // a later standard, which Pion looks at
		}
		want, wantErr := newOracle(t, p).DecryptRTP(nil, pkt, nil)
		got, err := r.Open(bytes.Clone(pkt), n)
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want[n:]) {
			t.Fatalf("%v: %x, %v; pion: %x, %v", p, got, err, want, wantErr)
		}
	})
}

// BenchmarkProtect compares the sending side with Pion's, 1100 bytes of payload.
func BenchmarkProtect(b *testing.B) {
	for _, p := range profiles {
		payload := make([]byte, 1100)
		buf := make([]byte, 1600)
		h := rtp.Header{Version: 2, SSRC: 9}
		b.Run(fmt.Sprint(p, "/ours"), func(b *testing.B) {
			s, _ := newPair(b, p)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				h.SequenceNumber = uint16(i)
				n, err := h.MarshalTo(buf)
				if err == nil {
					_, err = s.Protect(buf, n, payload)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint(p, "/pion"), func(b *testing.B) {
			c := newOracle(b, p)
			plain := make([]byte, 12+len(payload))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				h.SequenceNumber = uint16(i)
				_, err := h.MarshalTo(plain)
				if err == nil {
					buf, err = c.EncryptRTP(buf, plain, &h)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpen compares the receiving side with Pion's.
func BenchmarkOpen(b *testing.B) {
	for _, p := range profiles {
		s, _ := newPair(b, p)
		const packets = 1 << 14
		protected := make([][]byte, packets)
		for i := range protected {
			buf := make([]byte, 1200)
			h := rtp.Header{Version: 2, SSRC: 9, SequenceNumber: uint16(i)}
			n, err := h.MarshalTo(buf)
			if err == nil {
				n, err = s.Protect(buf, n, make([]byte, 1100))
			}
			if err != nil {
				b.Fatal(err)
			}
			protected[i] = buf[:n]
		}
		work := make([]byte, 1200)
		b.Run(fmt.Sprint(p, "/ours"), func(b *testing.B) {
			_, r := newPair(b, p)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%packets == 0 {
					r.streams = map[uint32]*window{}
				}
				if _, err := r.Open(work[:copy(work, protected[i%packets])], 12); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint(p, "/pion"), func(b *testing.B) {
			c := newOracle(b, p)
			dst := make([]byte, 0, 1600)
			var h rtp.Header
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%packets == 0 {
					c = newOracle(b, p)
				}
				pkt := work[:copy(work, protected[i%packets])]
				if _, err := c.DecryptRTP(dst, pkt, &h); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
