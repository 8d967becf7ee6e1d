# Completion of hupstorm for fish: hupstorm completion fish | source

function __hupstorm_complete
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l command (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l lines ($command complete -- $words[2..] "$token" 2>/dev/null)
    set -l rest (string replace -- "$lines[1]" '' "$token")
    for line in $lines[2..]
        switch $line
            case :file
                printf '%s\n' $lines[1](complete -C "'' $rest")
            case :directory
                printf '%s\n' $lines[1](__fish_complete_directories "$rest")
            case '*'
                printf '%s\n' $lines[1]$line
        end
    end
end

complete -c hupstorm -f -a '(__hupstorm_complete)'
