using System.Globalization;
using System.Text;

namespace Rlhf.Core.Text;

/// <summary>
/// Unicode normalization forms (Unicode Standard Annex 15; algorithms of the core specification, section 3.11). Implemented here
/// because .NET's needs the ICU library. Without it (InvariantGlobalization) .NET returns every text unchanged.
/// </summary>
public static class UnicodeNormalization
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28;

    private static readonly Lazy<Tables> Data = new(Tables.Read);

    /// <summary>NFD, or NFKD with compatibility.</summary>
    public static string Decompose(string text, bool compatibility) => Ascii.IsValid(text) ? text : ToText(Decomposed(text, compatibility));

    /// <summary>NFC, or NFKC with compatibility.</summary>
    public static string Compose(string text, bool compatibility)
    {
        if (Ascii.IsValid(text))
            return text;
        List<int> points = Decomposed(text, compatibility);
        int starter = -1, kept = 0, lastClass = 0;
        for (int i = 0; i < points.Count; i++)
        {
            int point = points[i], combiningClass = Class(point);
            // A mark joins its starter unless a mark of the same or a higher class stands between (definition D115).
            bool blocked = starter >= 0 && kept > starter + 1 && (lastClass >= combiningClass || lastClass == 0);
            if (starter >= 0 && !blocked && Pair(points[starter], point) is { } joined)
            {
                points[starter] = joined;
                continue;
            }
            if (combiningClass == 0)
                starter = kept;
            lastClass = combiningClass;
            points[kept++] = point;
        }
        points.RemoveRange(kept, points.Count - kept);
        return ToText(points);
    }

    private static List<int> Decomposed(string text, bool compatibility)
    {
        var points = new List<int>(text.Length + 8);
        for (int at = 0; at < text.Length;)
        {
            int length = at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
            // A lone surrogate decomposes to itself and combines with nothing (tokenizers encode invalid UTF-8 bytes this way).
            Append(points, length == 2 ? char.ConvertToUtf32(text, at) : text[at], compatibility);
            at += length;
        }
        for (int i = 0; i < points.Count; i++)
        {
            // Canonical ordering: a stable sort of each run of marks by class.
            if (Class(points[i]) == 0)
                continue;
            int end = i;
            while (end < points.Count && Class(points[end]) != 0)
                end++;
            if (end - i > 1)
            {
                int[] run = [.. points.GetRange(i, end - i).OrderBy(Class)];
                for (int k = 0; k < run.Length; k++)
                    points[i + k] = run[k];
            }
            i = end;
        }
        return points;
    }

    private static void Append(List<int> points, int point, bool compatibility)
    {
        if (point < 0x80)
        {
            points.Add(point);
        }
        else if (point - SBase is >= 0 and < LCount * VCount * TCount and int syllable)
        {
            points.Add(LBase + syllable / (VCount * TCount));
            points.Add(VBase + syllable % (VCount * TCount) / TCount);
            if (syllable % TCount != 0)
                points.Add(TBase + syllable % TCount);
        }
        else if (Data.Value.Decompositions.TryGetValue(point, out var found) && (compatibility || !found.Compatibility))
        {
            foreach (int part in found.Points)
                Append(points, part, compatibility);
        }
        else
        {
            points.Add(point);
        }
    }

    private static int? Pair(int first, int second)
    {
        if (first is >= LBase and < LBase + LCount && second is >= VBase and < VBase + VCount)
            return SBase + ((first - LBase) * VCount + (second - VBase)) * TCount;
        if (first - SBase is >= 0 and < LCount * VCount * TCount and int syllable && syllable % TCount == 0
            && second is > TBase and < TBase + TCount)
            return first + (second - TBase);
        return Data.Value.Compositions.TryGetValue((first, second), out int joined) ? joined : null;
    }

    private static int Class(int point) => point < 0x300 ? 0 : Data.Value.Classes.GetValueOrDefault(point);

    private static string ToText(List<int> points)
    {
        var text = new StringBuilder(points.Count);
        foreach (int point in points)
        {
            if (point < 0x10000)
                text.Append((char)point);
            else
                text.Append(char.ConvertFromUtf32(point));
        }
        return text.ToString();
    }

    /// <summary>
    /// The Unicode Character Database's fields 3 (combining class) and 5 (decomposition), and which pairs do not compose: lines
    /// "hex code point; class; - (none), = (canonical), ! (canonical, never composed) or ~ (compatibility); hex code points".
    /// </summary>
    private sealed record Tables(
        Dictionary<int, (bool Compatibility, int[] Points)> Decompositions,
        Dictionary<(int First, int Second), int> Compositions,
        Dictionary<int, int> Classes)
    {
        public static Tables Read()
        {
            var tables = new Tables([], [], []);
            using Stream stream = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream(
                "Rlhf.Core.Text.UnicodeDecompositions.txt")!;
            using var reader = new StreamReader(stream, Encoding.ASCII);
            while (reader.ReadLine() is { } line)
            {
                string[] fields = line.Split(';');
                int point = int.Parse(fields[0], NumberStyles.AllowHexSpecifier);
                if (fields[1] != "0")
                    tables.Classes[point] = int.Parse(fields[1]);
                if (fields[2] == "-")
                    continue;
                int[] points = [.. fields[3].Split(' ').Select(hex => int.Parse(hex, NumberStyles.AllowHexSpecifier))];
                tables.Decompositions[point] = (fields[2] == "~", points);
                if (fields[2] == "=")
                    tables.Compositions[(points[0], points[1])] = point;
            }
            return tables;
        }
    }
}
