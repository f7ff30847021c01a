using Npgsql;

namespace ControlTower.Data.Db;

/// <summary>
/// Flows lock what they work on and then its cases; people's acts lock cases first. When two meet the other way round, the database lets one of them through and undoes the other, whole.
/// </summary>
public static class Collision
{
    private const int Tries = 5;

    /// <summary>Runs a transaction, from its beginning to its commit, again when it was undone for the sake of another.</summary>
    /// <param name="also">Further states of PostgreSQL after which the next try sees what the first could not, such as a key that another has taken meanwhile.</param>
    public static async Task<T> TriedAgainAsync<T>(Func<Task<T>> transaction, params string[] also)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await transaction();
            }
            catch (PostgresException error) when ((error.SqlState == PostgresErrorCodes.DeadlockDetected || also.Contains(error.SqlState, StringComparer.Ordinal)) && attempt < Tries)
            {
                // Nothing of it was saved.
            }
        }
    }
}
