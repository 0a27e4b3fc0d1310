package conf

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// Networks are address ranges.
type Networks []netip.Prefix

// String gives them as in a file.
func (n Networks) String() string {
	texts := make([]string, len(n))
	for i, prefix := range n {
		texts[i] = prefix.String()
	}
	return strings.Join(texts, ",")
}

// networks takes prefixes, and addresses as networks of one.
func networks(text string) (list Networks, err error) {
	words, err := names(text)
	for _, word := range words {
		n, err := netip.ParsePrefix(word)
		if a, single := netip.ParseAddr(word); single == nil {
			n, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("want networks as 10.0.0.0/8, not %s", quoted(word))
		}
		list = append(list, n.Masked())
	}
	return list, err
}

// metadataServices are the addresses at which clouds answer every process of a machine, with credentials too: AWS, Azure,
// Google and others; tasks of ECS; Azure's WireServer; Alibaba; Oracle; AWS over IPv6.
func metadataServices() Networks {
	n, err := networks("169.254.169.254, 169.254.170.2, 168.63.129.16, 100.100.100.200, 192.0.0.192, fd00:ec2::254")
	if err != nil {
		panic(err) // the line above
	}
	return n
}

// Directories are absolute paths.
type Directories []string

// String gives them as in a file.
func (d Directories) String() string { return strings.Join(d, string(os.PathListSeparator)) }

func directories(text string) (list Directories, err error) {
	for _, dir := range filepath.SplitList(text) {
		if dir == "" {
			continue
		}
		if !filepath.IsAbs(dir) {
			return nil, fmt.Errorf("want absolute paths, not %s", quoted(dir))
		}
		list = append(list, filepath.Clean(dir))
	}
	return list, nil
}

// lowerNames takes names in any case.
func lowerNames(text string) ([]string, error) { return names(strings.ToLower(text)) }
