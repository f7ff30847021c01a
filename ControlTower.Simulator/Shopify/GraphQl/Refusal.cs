using GraphQL;
using GraphQL.Types;

namespace ControlTower.Simulator.Shopify.GraphQl;

/// <summary>A payload of a declined mutation: errors under whichever name the payload's type gives them, everything else null.</summary>
internal sealed class Refusal(string payload, IGraphType type, ShopRefusal refusal) : INode
{
    public string TypeName => payload;

    public object? Resolve(string field, Asked asked)
    {
        if (!field.EndsWith("serErrors", StringComparison.Ordinal)) return null;
        var errors = ((IComplexGraphType)type.GetNamedType()).Fields.Find(field)!.ResolvedType!.GetNamedType();
        return new[] { new Error(errors.Name, refusal) };
    }

    private sealed class Error(string typeName, ShopRefusal refusal) : INode
    {
        public string TypeName => typeName;

        public object? Resolve(string field, Asked asked) => field switch
        {
            "message" => refusal.Message,
            "field" => refusal.Field.Count == 0 ? null : refusal.Field,
            "code" => refusal.Code,
            "elementIndex" => null,
            _ => throw new NotModelled(typeName, field),
        };
    }
}
