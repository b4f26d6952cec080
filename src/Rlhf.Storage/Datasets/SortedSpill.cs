using System.Text.Json;
using Rlhf.Storage.Json;

namespace Rlhf.Storage.Datasets;

/// <summary>
/// Records sorted on disk: each is appended to a temporary file, memory keeps its sort key and place, and they are read back in
/// the order of their keys. About 100 bytes of memory per record, whatever the size of its text.
/// </summary>
internal sealed class SortedSpill<T> : IDisposable
{
    private readonly FileStream _file;
    private readonly List<Entry> _entries = [];
    private long _length;

    /// <param name="path">The temporary file; it goes with this object.</param>
    public SortedSpill(string path) =>
        _file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);

    public int Count => _entries.Count;

    /// <param name="group">Records of one group are read back together.</param>
    /// <param name="key">The order, groups first.</param>
    public void Add(byte[] group, byte[] key, T record)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(record, ContentJson.Settings);
        _entries.Add(new Entry(group, key, _length, json.Length));
        _file.Write(json);
        _length += json.Length;
    }

    /// <summary>All records, one after another, group after group, in the order of their keys; equal keys in the order in which they were added.</summary>
    public IEnumerable<T> Records() => Sorted().Select(Read);

    /// <summary>The same, group by group: the records of one group are in memory together.</summary>
    public IEnumerable<IReadOnlyList<T>> Groups()
    {
        var group = new List<T>();
        byte[]? current = null;
        foreach (var entry in Sorted())
        {
            if (current is not null && !current.AsSpan().SequenceEqual(entry.Group))
            {
                yield return group;
                group = [];
            }
            current = entry.Group;
            group.Add(Read(entry));
        }
        if (group.Count > 0)
            yield return group;
    }

    public void Dispose() => _file.Dispose();

    private IEnumerable<Entry> Sorted()
    {
        _file.Flush();
        return _entries.OrderBy(e => e.Group, ByteOrder.Instance).ThenBy(e => e.Key, ByteOrder.Instance);
    }

    private T Read(Entry entry)
    {
        byte[] json = new byte[entry.Length];
        for (int read = 0; read < json.Length;)
        {
            int more = RandomAccess.Read(_file.SafeFileHandle, json.AsSpan(read), entry.Offset + read);
            read += more > 0 ? more : throw new EndOfStreamException("a temporary file of a dataset version was cut");
        }
        return JsonSerializer.Deserialize<T>(json, ContentJson.Settings)!;
    }

    private readonly record struct Entry(byte[] Group, byte[] Key, long Offset, int Length);
}
