using System.Buffers;
using System.Text.Json;
using Rlhf.Core.Files;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Datasets;

/// <summary>Where a record stands among others.</summary>
/// <param name="Group">Records of one group are read back together; groups come in the order of this.</param>
/// <param name="Content">The order within a group.</param>
/// <param name="Tokens">The order of what is the same in content.</param>
internal readonly record struct SpillKey(Digest Group, Digest Content, Digest Tokens) : IComparable<SpillKey>
{
    public int CompareTo(SpillKey other)
    {
        int order = Group.CompareTo(other.Group);
        if (order == 0)
            order = Content.CompareTo(other.Content);
        return order != 0 ? order : Tokens.CompareTo(other.Tokens);
    }
}

/// <summary>A record in the temporary file.</summary>
internal readonly record struct SpilledRecord(SpillKey Key, long Offset, int Length) : IComparable<SpilledRecord>
{
    /// <summary>By key, equal keys in the order in which they were added.</summary>
    public int CompareTo(SpilledRecord other)
    {
        int order = Key.CompareTo(other.Key);
        return order != 0 ? order : Offset.CompareTo(other.Offset);
    }
}

/// <summary>
/// Records sorted on disk: each is appended to a temporary file, memory keeps its key and place, and they are read back in
/// the order of their keys. 112 bytes of memory per record, whatever the size of its text, and no object per record.
/// </summary>
internal sealed class SortedSpill<T> : IDisposable
{
    private readonly PeriodicFlushStream _file;
    private readonly List<SpilledRecord> _records = [];
    private bool _sorted;

    /// <param name="path">The temporary file; it goes with this object.</param>
    public SortedSpill(string path) =>
        _file = new PeriodicFlushStream(path, FileMode.Create, FileAccess.ReadWrite, FileOptions.DeleteOnClose);

    public void Add(SpillKey key, T value)
    {
        long offset = _file.Position;
        JsonSerializer.Serialize(_file, value, ContentJson.Settings);
        _records.Add(new SpilledRecord(key, offset, (int)(_file.Position - offset)));
        _sorted = false;
    }

    /// <summary>
    /// All records, one after another, group after group, in the order of their keys; equal keys in the order in which they were added.
    /// </summary>
    public IEnumerable<T> Records() => Sorted().Select(Read);

    /// <summary>The same, group by group: the records of one group are in memory together.</summary>
    public IEnumerable<IReadOnlyList<T>> Groups()
    {
        var group = new List<T>();
        Digest? current = null;
        foreach (var record in Sorted())
        {
            if (current is { } before && before != record.Key.Group)
            {
                yield return group;
                group = [];
            }
            current = record.Key.Group;
            group.Add(Read(record));
        }
        if (group.Count > 0)
            yield return group;
    }

    public void Dispose()
    {
        _file.Clear();
        _file.Dispose();
    }

    private List<SpilledRecord> Sorted()
    {
        _file.Flush();
        if (!_sorted)
            _records.Sort();
        _sorted = true;
        return _records;
    }

    private T Read(SpilledRecord record)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(record.Length);
        try
        {
            var json = rented.AsSpan(0, record.Length);
            for (int read = 0; read < json.Length;)
            {
                int more = RandomAccess.Read(_file.SafeFileHandle, json[read..], record.Offset + read);
                read += more > 0 ? more : throw new EndOfStreamException("a temporary file of a dataset version was cut");
            }
            return JsonSerializer.Deserialize<T>(json, ContentJson.Settings)!;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
