namespace Rlhf.Storage.Quality;

/// <summary>Numbers values from 0 in the order of their first appearance.</summary>
internal sealed class Numbering<T> where T : notnull
{
    private readonly Dictionary<T, int> _numbers = [];
    private readonly List<T> _values = [];

    public IReadOnlyList<T> Values => _values;

    public int this[T value]
    {
        get
        {
            if (!_numbers.TryGetValue(value, out int number))
            {
                _numbers[value] = number = _values.Count;
                _values.Add(value);
            }
            return number;
        }
    }
}
