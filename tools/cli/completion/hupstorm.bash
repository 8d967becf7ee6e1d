# Completion of hupstorm for bash: source <(hupstorm completion bash)

_hupstorm() {
  local i line word begin keep='' breaks=${COMP_WORDBREAKS//[^=:]/}
  local -a words=() lines
  # Bash breaks words at = and : if COMP_WORDBREAKS has them. Put them together again.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if ((${#words[@]} > 1)) && [[ ${COMP_WORDS[i]} == [=:]* || ${COMP_WORDS[i-1]} == [=:]* ]]; then
      words[-1]+=${COMP_WORDS[i]}
    else
      words+=("${COMP_WORDS[i]}")
    fi
  done
  word=${words[-1]}
  # Readline replaces only what follows the last of these characters.
  [[ $breaks ]] && keep=${word%"${word##*[$breaks]}"}
  mapfile -t lines < <("${words[0]/#\~/$HOME}" complete -- "${words[@]:1}" 2>/dev/null)
  begin=${lines[0]}
  word=${word#"$begin"}
  COMPREPLY=()
  for line in "${lines[@]:1}"; do
    case $line in
      :file | :directory)
        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -A "${line#:}" -- "$word")
        compopt -o filenames 2>/dev/null
        [[ ${COMPREPLY[*]} ]] || compopt -o default 2>/dev/null
        ;;
      "$word"*) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done
  COMPREPLY=("${COMPREPLY[@]/#/"$begin"}")
  COMPREPLY=("${COMPREPLY[@]#"$keep"}")
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:] ]] && compopt -o nospace 2>/dev/null
  return 0
}

complete -F _hupstorm hupstorm
