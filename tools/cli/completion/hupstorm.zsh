#compdef hupstorm
# Completion of hupstorm for zsh: source <(hupstorm completion zsh)

_hupstorm() {
  local line tab=$'\t' failed=1
  local -a lines names
  lines=("${(@f)$(${~words[1]} complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  compset -P "${(b)lines[1]}"
  for line in "${(@)lines[2,-1]}"; do
    case $line in
      :file) _files && failed=0 ;;
      :directory) _files -/ && failed=0 ;;
      *$tab*) names+=("${line%%$tab*}:${line#*$tab}") ;;
      *[=:]) compadd -S '' -- "$line" && failed=0 ;;
      *) names+=("$line") ;;
    esac
  done
  _describe name names && failed=0
  return failed
}

# Loaded from a folder of completions, the file is the body of a function that is to complete now.
if [[ ${funcstack[1]} == _* ]]; then
  _hupstorm "$@"
else
  compdef _hupstorm hupstorm
fi
