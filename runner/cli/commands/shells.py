"""Scripts that enable tab completion in bash, zsh and fish: `runner completion`."""

import argparse
import sys
from collections.abc import Sequence

from runner.core.errors import UserError

_BASH = r"""if [ -n "${ZSH_VERSION-}" ]; then  # Hydra's manual recommends the bash script for zsh too
    eval "$(runner completion zsh)"
else
    _runner_complete() {
        local program=${COMP_WORDS[0]/#\~/$HOME} typed=${COMP_LINE:0:COMP_POINT} kept= word
        typed=${typed##*[[:space:]]}
        # Bash replaces only what follows the last quote or separator, such as =.
        case $typed in
            *[\'\"]*) kept=${typed%%[\'\"]*} ;;
            *["${COMP_WORDBREAKS:- }"]*) kept=${typed%"${typed##*["$COMP_WORDBREAKS"]}"} ;;
        esac
        COMPREPLY=()
        while IFS= read -r word; do
            COMPREPLY+=("${word#"$kept"}")
        done < <(COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" "$program" -sc query=bash 2>/dev/null)
    }
    complete -o nospace -o default -F _runner_complete runner
fi
"""
_ZSH = r"""_runner_complete() {
    local line="${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX"
    local -a found
    found=("${(@f)$(COMP_LINE="$line" COMP_POINT=${#line} ${~words[1]} -sc query=zsh 2>/dev/null)}")
    found=("${(@)found:#}")
    if (( $#found )); then
        compadd -S '' -- "${(@)found:#* }"
        compadd -- "${(@)${(@M)found:#* }% }"
    else
        compset -P '*='
        _files
    fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _runner_complete runner
"""
_FISH = r"""function __runner_complete
    set -l program (string replace -r '^~' $HOME -- (commandline -opc)[1])
    set -l typed (commandline -ct)
    set -lx COMP_LINE (commandline -cp | string join ' ')
    set -l found ($program -sc query=fish 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        for path in (__fish_complete_path (string replace -r '.*=' '' -- $typed))
            echo (string replace -r '[^=]*$' '' -- $typed)$path
        end
    end
end
complete -c runner -e
complete -c runner -f -a '(__runner_complete)'
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
REMOVALS = {"bash": "complete -r runner\n", "zsh": "compdef -d runner\n", "fish": "complete -c runner -e\n"}


def completion_command(arguments: Sequence[str]) -> None:
    """Print the completion script for a shell.

    Raises:
        UserError: if there is none for the shell.
    """
    parser = argparse.ArgumentParser(
        prog="runner completion",
        description="Print the script that turns on tab completion in a shell.",
        epilog='bash, zsh: eval "$(runner completion bash)"; fish: runner completion fish | source',
    )
    parser.add_argument("shell", metavar="SHELL", help=f"one of {', '.join(SCRIPTS)}")
    shell = parser.parse_args(arguments).shell
    if shell not in SCRIPTS:
        raise UserError(f"completion {shell}: no such shell (allowed: {', '.join(SCRIPTS)})")
    sys.stdout.write(SCRIPTS[shell])
