# Makes the manual pages of HUPSTORM in the folder MADE.

# Into an empty folder: the page of a command that is gone goes too. gzip -n leaves the time out, so
# that two installations get the same files.
file(REMOVE_RECURSE ${MADE})
file(MAKE_DIRECTORY ${MADE})
execute_process(COMMAND ${HUPSTORM} man --out ${MADE}/man COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${GZIP} -9nr ${MADE}/man COMMAND_ERROR_IS_FATAL ANY)
