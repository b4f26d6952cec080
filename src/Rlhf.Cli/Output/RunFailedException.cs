namespace Rlhf.Cli.Output;

/// <summary>A run's process broke or was killed: nobody's input is to blame, so the exit code is 1 and not 2.</summary>
internal sealed class RunFailedException(string message, Exception? inner = null) : Exception(message, inner);
