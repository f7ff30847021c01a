using System.Collections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ControlTower.Data.Settings;

/// <summary>Refuses a key of the tower's own sections that nothing reads: a slip of the pen would be a default that nobody chose.</summary>
public static class KnownKeys
{
    /// <param name="alsoRead">Other options types that read the same section.</param>
    public static IServiceCollection RefuseUnknownKeys<TOptions>(this IServiceCollection services, IConfiguration configuration, string section, params Type[] alsoRead)
        where TOptions : class
    {
        string[] known = [.. alsoRead.Prepend(typeof(TOptions)).SelectMany(Of)];
        return services.AddSingleton<IValidateOptions<TOptions>>(new Refusal<TOptions>(configuration.GetSection(section), known));
    }

    /// <summary>The keys that an options type reads: what can be set, and what is filled.</summary>
    public static IEnumerable<string> Of(Type options) => options.GetProperties().Where(p => p.CanWrite || typeof(IDictionary).IsAssignableFrom(p.PropertyType)).Select(p => p.Name);

    private static string Nearest(string key, string[] known) => known.MinBy(k => Distance(key.ToUpperInvariant(), k.ToUpperInvariant()) / (double)Math.Max(key.Length, k.Length))!;

    // Levenshtein, row by row; keys are short, and cut before.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
            }
        }

        return row[^1];
    }

    private sealed class Refusal<TOptions>(IConfigurationSection section, string[] known) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            List<string> wrong =
            [
                .. section.GetChildren().Select(child => child.Key.Length > 64 ? child.Key[..64] : child.Key).Where(key => !known.Contains(key, StringComparer.OrdinalIgnoreCase))
                    .Select(key => $"{section.Key}:{key} is no key that the tower reads. The nearest is {section.Key}:{Nearest(key, known)}."),
            ];
            return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
        }
    }
}
