package hls

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rivero-media/rivero/pipeline/media"
)

var (
	secretA = []byte("0123456789abcdef")
	secretB = []byte("fedcba9876543210")
)

// encrypted is AES-128 as a packager makes it.
func encrypted(t testing.TB, data, secret []byte, iv [16]byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(secret)
	if err != nil {
		t.Fatal(err)
	}
	n := aes.BlockSize - len(data)%aes.BlockSize
	data = append(bytes.Clone(data), bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(block, iv[:]).CryptBlocks(data, data)
	return data
}

func numbered(n uint64) (iv [16]byte) {
	binary.BigEndian.PutUint64(iv[8:], n)
	return iv
}

// files serves what a test puts together.
type files map[string][]byte

func (f files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, ok := f[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(data))
}

func load(t testing.TB, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func checkSixSeconds(t *testing.T, handler http.Handler) {
	t.Helper()
	r, err := open(t, handler, "/list.m3u8")
	if err != nil {
		t.Fatal(err)
	}
	all := read(t, r)
	all[media.Video].check(t, "video", 150, 0, 5960*time.Millisecond)
	all[media.Audio].check(t, "sound", 282, 0, 5980*time.Millisecond)
	if err := r.Seek(4500 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	all = read(t, r)
	all[media.Video].check(t, "video after the seek", 50, 4*time.Second, 5960*time.Millisecond)
}

// What ffmpeg encrypts is played, with an IV and without.
func TestEncryptedByFFmpeg(t *testing.T) {
	for name, iv := range map[string]string{"IV": "00112233445566778899aabbccddeeff", "numbers": ""} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			key, info := filepath.Join(dir, "key"), filepath.Join(dir, "info")
			if err := os.WriteFile(key, secretA, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(info, []byte("/key?a=b\n"+key+"\n"+iv), 0o600); err != nil {
				t.Fatal(err)
			}
			mux := http.NewServeMux()
			mux.Handle("/", http.FileServer(http.Dir(make6(t, append(x264[:len(x264):len(x264)], "-hls_key_info_file", info, "-start_number", "77")...))))
			mux.Handle("/key", files{"/key": secretA})
			checkSixSeconds(t, mux)
		})
	}
}

// Keys change on the way, and a segment is not encrypted; nor does it matter that there is a key of another kind too.
func TestKeyRotation(t *testing.T) {
	dir := make6(t, x264...)
	iv := numbered(0xabc)
	checkSixSeconds(t, files{
		"/a": secretA, "/b": secretB,
		"/0.ts": encrypted(t, load(t, dir, "list0.ts"), secretA, numbered(5)),
		"/1.ts": load(t, dir, "list1.ts"),
		"/2.ts": encrypted(t, load(t, dir, "list2.ts"), secretB, iv),
		"/list.m3u8": []byte("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:5\n" +
			"#EXT-X-KEY:METHOD=AES-128,URI=\"x\",KEYFORMAT=\"com.example\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"a\"\n#EXTINF:2,\n0.ts\n" +
			"#EXT-X-KEY:METHOD=NONE\n#EXTINF:2,\n1.ts\n#EXT-X-KEY:METHOD=AES-128,URI=\"/b\",IV=0Xabc,KEYFORMAT=\"identity\"\n#EXTINF:2,\n2.ts\n#EXT-X-ENDLIST"),
	})
}

// The beginning of fragmented MP4 is encrypted where its key has an IV, and is not where it has none.
func TestEncryptedFragments(t *testing.T) {
	dir := make6(t, append(x264[:len(x264):len(x264)], "-hls_segment_type", "fmp4")...)
	for name, attribute := range map[string]string{"IV": ",IV=0x9", "numbers": ""} {
		t.Run(name, func(t *testing.T) {
			f := files{"/key": secretA, "/init.mp4": load(t, dir, "init.mp4")}
			list := "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"key\"" + attribute + "\n#EXT-X-MAP:URI=\"init.mp4\"\n"
			if attribute != "" {
				f["/init.mp4"] = encrypted(t, f["/init.mp4"], secretA, numbered(9))
			}
			for i := range 3 {
				iv := numbered(uint64(i))
				if attribute != "" {
					iv = numbered(9)
				}
				name := fmt.Sprintf("list%d.m4s", i)
				f["/"+name] = encrypted(t, load(t, dir, name), secretA, iv)
				list += "#EXTINF:2,\n" + name + "\n"
			}
			f["/list.m3u8"] = []byte(list + "#EXT-X-ENDLIST")
			checkSixSeconds(t, f)
		})
	}
}

func TestKeyRefusals(t *testing.T) {
	f := files{"/short": secretA[:15], "/long": bytes.Repeat(secretA, 2), "/right": secretA, "/a.ts": encrypted(t, []byte("no stream"), secretB, numbered(0)), "/odd.ts": []byte("odd")}
	for tag, want := range map[string]string{
		`METHOD=SAMPLE-AES,URI="right"`: `METHOD="SAMPLE-AES"`,
		`METHOD=AES-256,URI="right"`:    `METHOD="AES-256"`,
		`URI="right"`:                   `METHOD=""`,
		`METHOD=AES-128`:                "without URI",
		`METHOD=AES-128,URI="right",KEYFORMAT="com.apple.fps"`:       `KEYFORMAT="com.apple.fps"`,
		`METHOD=AES-128,URI="right",IV=12`:                           `IV "12"`,
		`METHOD=AES-128,URI="right",IV=0xg`:                          `IV "0xg"`,
		`METHOD=AES-128,URI="right",IV=0x` + strings.Repeat("0", 33): "128 bits",
		`METHOD=AES-128,URI="missing"`:                               "key: ",
		`METHOD=AES-128,URI="short"`:                                 "a key of 15 bytes",
		`METHOD=AES-128,URI="long"`:                                  "more than 16 bytes",
		`METHOD=AES-128,URI="right"`:                                 "another key",
		"METHOD=AES-128,URI=\"right\"\n#EXTINF:1,\nodd.ts":           "3 bytes are not whole blocks",
	} {
		f["/list.m3u8"] = []byte("#EXTM3U\n#EXT-X-KEY:" + tag + "\n#EXTINF:2,\na.ts\n#EXT-X-ENDLIST")
		if _, err := open(t, f, "/list.m3u8"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", tag, err, want)
		}
	}
}

// What is decrypted is what was encrypted, and nothing that comes makes decrypt panic.
func FuzzDecrypt(f *testing.F) {
	f.Add([]byte("some bytes"))
	f.Add(encrypted(f, []byte("sixteen bytes ok"), secretA, numbered(1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		back, err := decrypt(encrypted(t, data, secretA, numbered(1)), secretA, numbered(1))
		if err != nil || !bytes.Equal(back, data) {
			t.Fatalf("%v: %q came back as %q", err, data, back)
		}
		if plain, err := decrypt(bytes.Clone(data), secretA, numbered(1)); err == nil && len(plain) >= len(data) {
			t.Fatal("no padding was taken off")
		}
	})
}
