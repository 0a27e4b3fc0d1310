package web

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func request(t *testing.T, method, target string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandlerServesThePage(t *testing.T) {
	for target, contentType := range map[string]string{
		"/":                           "text/html; charset=utf-8",
		"/style.css":                  "text/css; charset=utf-8",
		"/js/playground.js":           "text/javascript; charset=utf-8",
		"/vendor/kurento-client.js":   "text/javascript; charset=utf-8",
		"/?ws=ws://elsewhere/kurento": "text/html; charset=utf-8",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			res := request(t, method, target, nil)
			if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != contentType {
				t.Errorf("%s %s: %s, %s", method, target, res.Status, res.Header.Get("Content-Type"))
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || (len(body) > 0) != (method == http.MethodGet) {
				t.Errorf("%s %s: %d bytes, %v", method, target, len(body), err)
			}
			if !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("%s %s: no content security policy", method, target)
			}
		}
	}
}

func TestHandlerRefuses(t *testing.T) {
	for _, c := range []struct {
		method, target string
		status         int
	}{
		{http.MethodPost, "/", http.StatusMethodNotAllowed},
		{http.MethodGet, "/no-such-file", http.StatusNotFound},
		{http.MethodGet, "/js/", http.StatusNotFound},
		{http.MethodGet, "/web.go", http.StatusNotFound},
		{http.MethodGet, "/../web.go", http.StatusNotFound},
	} {
		if res := request(t, c.method, c.target, nil); res.StatusCode != c.status {
			t.Errorf("%s %s: %s, want %d", c.method, c.target, res.Status, c.status)
		}
	}
}

func TestHandlerRevalidates(t *testing.T) {
	tag := request(t, http.MethodGet, "/vendor/kurento-client.js", nil).Header.Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	res := request(t, http.MethodGet, "/vendor/kurento-client.js", http.Header{"If-None-Match": {tag}})
	if res.StatusCode != http.StatusNotModified {
		t.Errorf("known ETag: %s", res.Status)
	}
}

// The page must work without Internet: each file it names is embedded, and none is named on another host.
func TestPageIsSelfContained(t *testing.T) {
	reference := regexp.MustCompile(`(?:src|href)="([^"]+)"|(?:from|import) '([^']+)'|url\(([^)]+)\)`)
	err := fs.WalkDir(content, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, "vendor/") {
			return err
		}
		text, err := fs.ReadFile(content, name)
		if err != nil {
			return err
		}
		for _, match := range reference.FindAllStringSubmatch(string(text), -1) {
			target := match[1] + match[2] + match[3]
			if strings.HasPrefix(target, "data:") {
				continue
			}
			if _, err := fs.Stat(content, path.Join(path.Dir(name), target)); err != nil {
				t.Errorf("%s names %q: %v", name, target, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVendoredClientNamesItsOrigin(t *testing.T) {
	version, err := content.ReadFile("vendor/kurento-client.VERSION")
	if err != nil || !strings.HasPrefix(string(version), "kurento-client 7.3.0 from npm, unmodified") {
		t.Errorf("VERSION is %q, %v", version, err)
	}
	licences, err := content.ReadFile("vendor/kurento-client.LICENSES.txt")
	if err != nil || !strings.Contains(string(licences), "kurento-client@7.3.0\nLicence: Apache-2.0") {
		t.Errorf("LICENSES.txt does not list the client, %v", err)
	}
}
