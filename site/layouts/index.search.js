{{- $all := slice -}}
{{- range site.Data.nav -}}
  {{- range .pages -}}
    {{- with site.GetPage (printf "/%s" .page) -}}
      {{- $title := partial "title.html" . -}}
      {{- $at := .RelPermalink -}}
      {{- range $i, $part := split .Content "<h2 " -}}
        {{- $id := "" -}}{{- $head := "" -}}{{- $body := $part -}}
        {{- if gt $i 0 -}}
          {{- $id = replaceRE `(?s)^id="([^"]*)".*$` "$1" $part -}}
          {{- $head = strings.TrimSuffix "#" (plainify (replaceRE `(?s)^[^>]*>(.*?)</h2>.*$` "$1" $part)) -}}
          {{- $body = replaceRE `(?s)^.*?</h2>` "" $part -}}
        {{- end -}}
        {{- $text := replaceRE `\s+` " " (plainify (replaceRE `(?s)<svg.*?</svg>` " " (replaceRE `<(/t[dh]|/p|/li|/h\d|br)` " <$1" $body))) -}}
        {{- $all = $all | append (dict "url" $at "id" $id "title" $title "head" $head "text" (htmlUnescape $text)) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
window.searchIndex = {{ $all | jsonify }};
