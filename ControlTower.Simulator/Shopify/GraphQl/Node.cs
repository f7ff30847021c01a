using GraphQL;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>What a field may ask for: the shop, its arguments, the time of the call.</summary>
public readonly record struct Asked(Shop Shop, IResolveFieldContext Context)
{
    public T? Arg<T>(string name) => Context.GetArgument<T?>(name);

    public IReadOnlyDictionary<string, object?> Input(string name) => Context.GetArgument<Dictionary<string, object?>>(name);
}

/// <summary>A value of an object type of the vendor's schema.</summary>
public interface INode
{
    string TypeName { get; }

    object? Resolve(string field, Asked asked);
}

/// <summary>
/// How a type of the vendor's schema reads from a model object. A field that is not listed is not modelled and asking for it is an error:
/// an invented null would teach a client something untrue.
/// </summary>
public sealed class NodeType<T>(string name) : IEnumerable<string>
{
    private readonly Dictionary<string, Func<T, Asked, object?>> fields = new(StringComparer.Ordinal);

    public string Name => name;

    public Func<T, Asked, object?> this[string field]
    {
        set => fields[field] = value;
    }

    public INode Of(T source) => new Node(this, source);

    public INode? OrNull(T? source) => source is null ? null : new Node(this, source);

    public IEnumerator<string> GetEnumerator() => fields.Keys.GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class Node(NodeType<T> type, T source) : INode
    {
        public string TypeName => type.Name;

        public object? Resolve(string field, Asked asked) =>
            type.fields.TryGetValue(field, out var read) ? read(source, asked) : throw new NotModelled(type.Name, field);
    }
}

/// <summary>A small object built where it is needed: payloads, pairs, counts.</summary>
public sealed class Bag(string typeName) : Dictionary<string, object?>(StringComparer.Ordinal), INode
{
    public string TypeName => typeName;

    public object? Resolve(string field, Asked asked) => TryGetValue(field, out var value) ? value : throw new NotModelled(typeName, field);
}

/// <summary>The vendor has this field, the estate does not.</summary>
public sealed class NotModelled(string type, string field) : ExecutionError($"The estate does not model {type}.{field}.");
