using System.Globalization;
using Xunit.v3;

namespace ControlTower.Tests.Support;

/// <summary>The test proves a promise of docs/promises.md. <c>./tower test --filter-trait Promise=4</c> runs all that prove the fourth.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class PromiseAttribute(int number) : Attribute, ITraitAttribute
{
    public int Number => number;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Promise", number.ToString(CultureInfo.InvariantCulture))];
}

/// <summary>The test takes the guard of a promise away and sees the harm: without it, the tests of that promise would prove nothing.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class SabotageAttribute(int promise) : Attribute, ITraitAttribute
{
    public int Promise => promise;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Sabotage", promise.ToString(CultureInfo.InvariantCulture))];
}
