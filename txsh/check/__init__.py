"""From tree to plan: binds words to typed parameters and reports what is wrong. Sends nothing."""
