using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Rlhf.Core;

namespace Rlhf.Models.Tokenization;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016, section 3.2) as Hugging Face's tokenizers does it, with byte fallback, fused unknowns
/// and end-of-word suffixes. Implemented here, because the BPE of Microsoft.ML.Tokenizers supports neither byte fallback nor
/// <c>ignore_merges</c>. O(n log n) in the length of a part, so that a megabyte without a space is not a denial of service.
/// </summary>
internal sealed class BpeModel
{
    private const int CachedLength = 48;
    private const int CachedParts = 1 << 16;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<int, string> _tokens;
    private readonly Dictionary<(int Left, int Right), (int Rank, int Id)> _merges;
    private readonly int[]? _byteIds;
    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);

    public BpeModel(Dictionary<string, int> vocabulary, IEnumerable<(string Left, string Right)> merges, BpeSettings settings, string where)
    {
        _ids = vocabulary;
        Settings = settings;
        _tokens = new Dictionary<int, string>(vocabulary.Count);
        foreach (var (token, id) in vocabulary)
            _tokens[id] = token;
        _merges = ReadMerges(merges, where);
        if (settings.UnkToken is { } unk)
            UnkId = vocabulary.TryGetValue(unk, out int id)
                ? id : throw new UserError($"{where}: the vocabulary lacks the unknown token {JsonPlace.DisplayText(unk)}");
        if (settings.ByteFallback)
            _byteIds = [.. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetValue($"<0x{b:X2}>", out int id) ? id : -1)];
    }

    public BpeSettings Settings { get; }

    public int? UnkId { get; }

    public IReadOnlyDictionary<string, int> Vocabulary => _ids;

    /// <summary>The pairs of ids that are merged, by ascending rank.</summary>
    public IEnumerable<(int Left, int Right)> MergesByRank() => _merges.OrderBy(merge => merge.Value.Rank).Select(merge => merge.Key);

    public string? Token(int id) => _tokens.GetValueOrDefault(id);

    /// <summary>Appends the ids of one part of a text.</summary>
    public void Encode(string part, List<int> ids)
    {
        if (part.Length == 0)
            return;
        if (Settings.IgnoreMerges && _ids.TryGetValue(part, out int whole))
        {
            ids.Add(whole);
            return;
        }
        if (part.Length > CachedLength)
        {
            ids.AddRange(Merge(Symbols(part)));
            return;
        }
        if (!_cache.TryGetValue(part, out int[]? cached))
        {
            cached = Merge(Symbols(part));
            if (_cache.Count < CachedParts)
                _cache[part] = cached;
        }
        ids.AddRange(cached);
    }

    /// <summary>The ids of the single characters, from which merging starts.</summary>
    private List<int> Symbols(string part)
    {
        var symbols = new List<int>(part.Length);
        int pendingUnknowns = 0;
        for (int at = 0; at < part.Length;)
        {
            int length = EscapedText.CharacterLength(part, at);
            if (TryCharacter(part, at, length, out int id))
            {
                AddUnknowns(symbols, ref pendingUnknowns);
                symbols.Add(id);
            }
            else if (!TryBytes(part.AsSpan(at, length), symbols) && UnkId is not null)
            {
                pendingUnknowns++;
            }
            at += length;
        }
        AddUnknowns(symbols, ref pendingUnknowns);
        return symbols;
    }

    private bool TryCharacter(string part, int at, int length, out int id)
    {
        ReadOnlySpan<char> character = part.AsSpan(at, length);
        bool first = at == 0, last = at + length == part.Length;
        if ((first || Settings.Prefix.Length == 0) && (!last || Settings.Suffix.Length == 0))
            return _ids.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(character, out id);
        return _ids.TryGetValue((first ? "" : Settings.Prefix) + character.ToString() + (last ? Settings.Suffix : ""), out id);
    }

    private bool TryBytes(ReadOnlySpan<char> character, List<int> symbols)
    {
        if (_byteIds is null)
            return false;
        byte[] bytes = EscapedText.ToBytes(character);
        if (Array.Exists(bytes, b => _byteIds[b] < 0))
            return false;
        foreach (byte b in bytes)
            symbols.Add(_byteIds[b]);
        return true;
    }

    private void AddUnknowns(List<int> symbols, ref int pending)
    {
        if (pending == 0)
            return;
        symbols.AddRange(Enumerable.Repeat(UnkId!.Value, Settings.FuseUnknowns ? 1 : pending));
        pending = 0;
    }

    /// <summary>Applies the merge of the lowest rank, leftmost first, until none is left.</summary>
    private int[] Merge(List<int> symbols)
    {
        int count = symbols.Count;
        if (count < 2)
            return [.. symbols];
        Span<int> ids = CollectionsMarshal.AsSpan(symbols);
        int[] next = new int[count], previous = new int[count];
        var queue = new PriorityQueue<(int At, int Left, int Right, int Id), long>();
        for (int i = 0; i < count; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1 < count ? i + 1 : -1);
            if (i + 1 < count)
                Enqueue(queue, i, ids[i], ids[i + 1]);
        }
        const int Gone = -1;
        while (queue.TryDequeue(out var merge, out _))
        {
            int at = merge.At, right = next[at];
            // An entry is stale if one of its two symbols has been merged since.
            if (ids[at] != merge.Left || right < 0 || ids[right] != merge.Right)
                continue;
            ids[at] = merge.Id;
            ids[right] = Gone;
            next[at] = next[right];
            if (next[at] >= 0)
            {
                previous[next[at]] = at;
                Enqueue(queue, at, ids[at], ids[next[at]]);
            }
            if (previous[at] >= 0)
                Enqueue(queue, previous[at], ids[previous[at]], ids[at]);
        }
        symbols.RemoveAll(id => id == Gone);
        return [.. symbols];
    }

    private void Enqueue(PriorityQueue<(int At, int Left, int Right, int Id), long> queue, int at, int left, int right)
    {
        if (_merges.TryGetValue((left, right), out var merge))
            queue.Enqueue((at, left, right, merge.Id), ((long)merge.Rank << 32) | (uint)at);
    }

    private Dictionary<(int Left, int Right), (int Rank, int Id)> ReadMerges(IEnumerable<(string Left, string Right)> merges, string where)
    {
        var result = new Dictionary<(int Left, int Right), (int Rank, int Id)>();
        int rank = 0;
        foreach (var (left, right) in merges)
        {
            string tail = Settings.Prefix.Length > 0 && right.StartsWith(Settings.Prefix, StringComparison.Ordinal)
                ? right[Settings.Prefix.Length..]
                : right;
            result[(IdOf(left), IdOf(right))] = (rank++, IdOf(left + tail));
        }
        return result;

        int IdOf(string token) => _ids.TryGetValue(token, out int id)
            ? id
            : throw new UserError($"{where}: merge {rank} (counted from 0) uses the token '{JsonPlace.DisplayText(token)}', which is "
                + "not in the vocabulary");
    }
}

/// <summary>The settings of a BPE model, besides its vocabulary and merges.</summary>
/// <param name="UnkToken">The token for characters that are not in the vocabulary; without it they are skipped.</param>
/// <param name="FuseUnknowns">Consecutive unknown characters become one token.</param>
/// <param name="ByteFallback">Unknown characters become their UTF-8 bytes, "&lt;0xE2&gt;" and so on.</param>
/// <param name="IgnoreMerges">A part that is itself a token becomes that token, regardless of merges.</param>
/// <param name="Prefix">Prefix of characters within a word in the vocabulary.</param>
/// <param name="Suffix">Suffix of the last character of a word in the vocabulary ("&lt;/w&gt;").</param>
internal sealed record BpeSettings(
    string? UnkToken = null,
    bool FuseUnknowns = false,
    bool ByteFallback = false,
    bool IgnoreMerges = false,
    string Prefix = "",
    string Suffix = "");
