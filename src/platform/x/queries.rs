//! The query by which X's own pages ask for a post: its id, variables and features change now and then, so they are data that
//! the user can replace (`queries.toml` is what is built in).

use serde::Deserialize;
use serde_json::{Map, Value};
use url::form_urlencoded::Serializer;

/// How X's GraphQL interface is asked for a post.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queries {
    /// The public token of X's pages.
    pub bearer: String,
    id: String,
    variables: Map<String, Value>,
    features: Map<String, Value>,
    toggles: Map<String, Value>,
}

impl Queries {
    /// Those that come with the program.
    ///
    /// # Panics
    /// Never: they are tested to be well formed.
    #[must_use]
    pub fn built_in() -> Queries {
        let table: toml::Table = include_str!("queries.toml")
            .parse()
            .expect("the built-in queries are TOML");
        Queries::of(table).expect("the built-in queries are whole")
    }

    /// Those of a file's table.
    ///
    /// # Errors
    /// If one is missing, unknown or malformed.
    pub fn of(table: toml::Table) -> Result<Queries, String> {
        let queries: Queries = table.try_into().map_err(|e: toml::de::Error| e.message().to_owned())?;
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| (b'!'..=b'~').contains(&b) && b != b'/');
        match plain(&queries.id) && plain(&queries.bearer.replace('/', "")) {
            true => Ok(queries),
            false => Err("`id` and `bearer` are not plain ASCII".to_owned()),
        }
    }

    /// Path and query of the question for the post of this id.
    pub(super) fn path(&self, post: &str) -> String {
        let mut variables = self.variables.clone();
        variables.insert("tweetId".to_owned(), post.into());
        let mut query = Serializer::new(String::new());
        for (name, values) in [
            ("variables", variables),
            ("features", self.features.clone()),
            ("fieldToggles", self.toggles.clone()),
        ] {
            query.append_pair(name, &Value::Object(values).to_string());
        }
        format!("graphql/{}/TweetResultByRestId?{}", self.id, query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_names_the_post_and_a_file_may_replace_it() {
        let path = Queries::built_in().path("20");
        assert!(
            path.contains("TweetResultByRestId?variables=%7B") && path.contains("%22tweetId%22%3A%2220%22"),
            "{path}"
        );
        let text = "bearer = 'b'\nid = 'new'\n[variables]\n[features]\na = true\n[toggles]\n";
        let path = Queries::of(text.parse().unwrap()).unwrap().path("20");
        assert!(path.starts_with("graphql/new/"), "{path}");
        for wrong in [
            text.replace("'new'", "'a/b'"),
            text.replace("id =", "query ="),
            String::new(),
        ] {
            assert!(Queries::of(wrong.parse().unwrap()).is_err(), "{wrong}");
        }
    }
}
