namespace Rlhf.Storage.Labeling;

/// <summary>
/// How many tasks a search for the next one looks at inside one transaction, and where the next transaction goes on. Somebody whose
/// place is not known (it is set back when a task opens again) may have settled 50,000 tasks, which takes half a second to
/// walk over; nobody else can write meanwhile.
/// </summary>
internal sealed class TaskSearch(long tasksTogether = TaskSearch.NoEnd)
{
    public const long NoEnd = long.MaxValue;

    /// <summary>Some 10 ms.</summary>
    public const int TasksTogether = 1000;

    /// <summary>No task was found yet, and there are others to look at.</summary>
    public bool IsUnfinished { get; set; }

    /// <summary>
    /// Before this position there is no task with a free seat. (The position before which the person has settled all is in their
    /// member's row.)
    /// </summary>
    public long SeatsFrom { get; set; }

    /// <summary>Where the look that begins at a position ends; exclusive.</summary>
    public long End(long from) => from < NoEnd - tasksTogether ? from + tasksTogether : NoEnd;
}
